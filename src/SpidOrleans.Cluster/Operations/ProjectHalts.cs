using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Cluster.Operations;

/// <summary>What is stored of the projects whose delivery somebody has stopped.</summary>
[GenerateSerializer, Immutable, Alias("spid.project-halts")]
public sealed record HaltedProjects
{
    [Id(0)] public ImmutableArray<ProjectHalt> Halts { get; init; } = [];
}

/// <summary>
/// The projects that are halted, as the database says: one row, which every silo reads every other second. No silo need be asked, so
/// none that is gone lets a halted project go on. Until the row was read once, all are halted: nothing could be read to be sent either.
/// </summary>
internal sealed partial class ProjectHalts(
    [FromKeyedServices(SpidCluster.StateProvider)] IGrainStorage storage, TimeProvider clock, ILogger<ProjectHalts> logger) : BackgroundService
{
    private const string StateName = "project-halts";
    private static readonly GrainId Row = GrainId.Create("project-halts", "all");

    /// <summary>Between two looks.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Two operators at once: the second sees what the first wrote, and writes again.</summary>
    private const int CollisionsMax = 3;

    private volatile FrozenSet<string>? _halted;

    public bool IsHalted(string project) => _halted is not { } halted || halted.Contains(project);

    /// <exception cref="Exception">The database does not answer.</exception>
    public async Task<ImmutableArray<ProjectHalt>> ReadAsync() => ((await LoadAsync()).State ?? new()).Halts;

    /// <exception cref="Exception">The database does not confirm.</exception>
    public async Task SetAsync(string project, bool isHalted)
    {
        for (var attempt = 1; ; attempt++)
        {
            var row = await LoadAsync();
            var halts = (row.State ?? new()).Halts;
            if (halts.Any(halt => halt.Project == project) == isHalted) return;
            var others = halts.RemoveAll(halt => halt.Project == project);
            var next = isHalted ? others.Add(new ProjectHalt(project, clock.GetUtcNow().ToUnixTimeMilliseconds())) : others;
            row.State = new HaltedProjects { Halts = next };
            try
            {
                await storage.WriteStateAsync(StateName, Row, row).WaitAsync(OperationsLimits.AnswerWithin, clock);
                Learn(next);
                LogSet(logger, project, isHalted ? "stopped" : "resumed");
                return;
            }
            catch (InconsistentStateException) when (attempt < CollisionsMax)
            {
                // Read again, decide again.
            }
        }
    }

    /// <summary>Whoever delivers from the start should know from the start.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LookAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken)) await LookAsync(stoppingToken);
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            Learn(await ReadAsync());
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogUnreadable(logger, exception.GetType().Name, _halted is null ? "nothing is delivered until it can be" : "what is known holds");
        }
    }

    private void Learn(ImmutableArray<ProjectHalt> halts)
    {
        var halted = halts.Select(halt => halt.Project).ToFrozenSet(StringComparer.Ordinal);
        foreach (var project in halted.Where(project => _halted?.Contains(project) != true)) LogHalted(logger, project);
        _halted = halted;
    }

    private async Task<GrainState<HaltedProjects>> LoadAsync()
    {
        var row = new GrainState<HaltedProjects>(new HaltedProjects());
        await storage.ReadStateAsync(StateName, Row, row).WaitAsync(OperationsLimits.AnswerWithin, clock);
        return row;
    }

    [LoggerMessage(EventId = 3400, Level = LogLevel.Warning, Message = "An operator has {Done} the delivery of project {Project}")]
    private static partial void LogSet(ILogger logger, string project, string done);

    [LoggerMessage(EventId = 3401, Level = LogLevel.Warning, Message =
        "The delivery of project {Project} is stopped by an operator: its events are accepted and wait until somebody resumes it on /console")]
    private static partial void LogHalted(ILogger logger, string project);

    [LoggerMessage(EventId = 3402, Level = LogLevel.Error, Message = "It cannot be read which projects are stopped ({Reason}): {Consequence}")]
    private static partial void LogUnreadable(ILogger logger, string reason, string consequence);
}
