using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime.Services;
using Orleans.Services;
using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Cluster.Operations;

/// <summary>What silos tell each other for whoever looks at the console of one of them.</summary>
[Alias("spid.operations-service")]
internal interface IOperationsService : IGrainService
{
    [Alias("Report")]
    Task<SiloReport> ReportAsync();

    [Alias("Find")]
    Task<JournalPage> FindAsync(JournalQuery query);

    /// <inheritdoc cref="IOperations.LookAsync"/>
    [Alias("Look")]
    Task<LivePage> LookAsync(Guid viewer, LiveFilter filter);

    /// <summary>Takes erased identities out of the journal.</summary>
    [Alias("Erase"), OneWay]
    Task EraseAsync(ImmutableArray<string> identities);
}

/// <inheritdoc cref="IOperationsService"/>
[Reentrant]
internal sealed class OperationsService(GrainId id, Silo silo, ILoggerFactory loggers, SiloObservation observation, EventJournal journal, LiveViews views)
    : GrainService(id, silo, loggers), IOperationsService
{
    public Task<SiloReport> ReportAsync() => Task.FromResult(observation.Tell());

    // Not on this service's own scheduler: to look through a million lines takes some milliseconds.
    public Task<JournalPage> FindAsync(JournalQuery query) => Task.Run(() => journal.Find(query));

    public Task<LivePage> LookAsync(Guid viewer, LiveFilter filter) => Task.FromResult(views.Look(viewer, filter));

    public Task EraseAsync(ImmutableArray<string> identities) => Task.Run(() => journal.Erase(identities));
}

/// <summary>The operations services of the cluster.</summary>
internal sealed class OperationsServiceClient(IServiceProvider services) : GrainServiceClient<IOperationsService>(services)
{
    public IOperationsService On(SiloAddress silo) => GetGrainService(silo);
}
