using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime.Services;
using Orleans.Services;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Intake;

namespace SpidOrleans.Cluster.Intake;

/// <summary>What other silos call for visitors that belong to this one.</summary>
[Alias("spid.lane-service")]
internal interface ILaneService : IGrainService
{
    /// <inheritdoc cref="IIntake.TrackAsync"/>
    [Alias("Track")]
    Task<IntakeResult> TrackAsync(EventSource source, ImmutableArray<IdentityEvents> events, bool fromBrowser);
}

/// <inheritdoc cref="ILaneService"/>
[Reentrant]
internal sealed class LaneService(GrainId id, Silo silo, ILoggerFactory loggers, SiloIntake intake) : GrainService(id, silo, loggers), ILaneService
{
    // Not on this service's own scheduler, where calls take turns.
    public Task<IntakeResult> TrackAsync(EventSource source, ImmutableArray<IdentityEvents> events, bool fromBrowser) =>
        Task.Run(() => intake.TrackOwnAsync(source, events, fromBrowser));
}

/// <summary>The lane services of the cluster.</summary>
internal sealed class LaneServiceClient(IServiceProvider services) : GrainServiceClient<ILaneService>(services)
{
    public ILaneService On(SiloAddress silo) => GetGrainService(silo);
}
