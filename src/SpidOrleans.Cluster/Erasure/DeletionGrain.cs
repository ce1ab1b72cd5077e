using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SpidOrleans.Cluster.Emission;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Emission;
using SpidOrleans.Contracts.Erasure;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Mixpanel.Delivery;

namespace SpidOrleans.Cluster.Erasure;

/// <summary>
/// Follows each deletion to its end: asks Mixpanel once nothing of the person can be on its way any more, then asks what has become of
/// it until all is deleted, and anew should Mixpanel give up. Where each stands is stored; nothing is held in memory between two looks.
/// </summary>
[GrainType("deletions")]
internal sealed partial class DeletionGrain(
    IDeletionStore store,
    MixpanelDeletions mixpanel,
    ClusterSettings settings,
    TimeProvider clock,
    [FromKeyedServices(EmissionLimits.Clock)] TimeProvider pauses,
    ILogger<DeletionGrain> logger) : Grain, IDeletionGrain, IDisposable
{
    private const int AtOnce = 100;

    /// <summary>Between two requests: Mixpanel's rate.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1.1);

    private readonly CancellationTokenSource _stopping = new();
    private Task _round = Task.CompletedTask;

    private string Project => this.GetPrimaryKeyString();

    public Task WakeAsync()
    {
        if (_round.IsCompleted && settings.Projects.GetValueOrDefault(Project) is { DeletionToken: not null } project) _round = GoOnAsync(project);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _stopping.CancelAsync();

    public void Dispose() => _stopping.Dispose();

    private async Task GoOnAsync(ProjectSettings project)
    {
        try
        {
            var isSettled = false;
            foreach (var deletion in await store.ReadDeletionsAsync(Project, NowMs, AtOnce, _stopping.Token))
            {
                // Whatever was read before the person was erased has arrived, and is deleted with the rest.
                if (deletion.Task is null && !isSettled) isSettled = await SettleAsync(project);
                if (deletion.Task is null && !isSettled) continue;
                await CarryOutAsync(project, deletion);
                await Task.Delay(Interval, pauses, _stopping.Token);
            }
        }
        catch (Exception exception) when (exception is OutboxUnavailableException || _stopping.IsCancellationRequested)
        {
            // The sweep comes again.
        }
        catch (Exception exception)
        {
            LogStumbled(logger, Project, exception);
        }
    }

    private async Task<bool> SettleAsync(ProjectSettings project)
    {
        try
        {
            await Task.WhenAll(Enumerable.Range(0, project.Shards).Select(shard => GrainFactory.GetGrain<IEmitterGrain>(new Shard(Project, shard).Key).SettleAsync()));
            return true;
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            return false;
        }
    }

    private async Task CarryOutAsync(ProjectSettings project, Deletion deletion)
    {
        var outcome = deletion.Task is { } task
            ? await mixpanel.FollowAsync(project.ToMixpanel(), project.DeletionToken!, task, CancellationToken.None)
            : await mixpanel.AskAsync(project.ToMixpanel(), project.DeletionToken!, deletion.Ids, CancellationToken.None);
        if (outcome is DeletionOutcome.Done)
        {
            await store.ForgetAsync(deletion);
            LogDone(logger, deletion.Id, Project);
            return;
        }

        Tell(outcome, deletion);
        var (next, pause) = DeletionPlan.Next(deletion, outcome);
        await store.KeepAsync(next with { DueAtMs = NowMs + (long)pause.TotalMilliseconds });
    }

    private void Tell(DeletionOutcome outcome, Deletion deletion)
    {
        switch (outcome)
        {
            case DeletionOutcome.Asked: LogAsked(logger, deletion.Id, Project); break;
            case DeletionOutcome.Failed(var status): LogGivenUp(logger, deletion.Id, Project, status); break;
            case DeletionOutcome.Unauthorised(var status): LogUnauthorised(logger, status, Project); break;
            case DeletionOutcome.Retry(_, var reason): LogRetry(logger, deletion.Id, Project, reason); break;
        }
    }

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    [LoggerMessage(EventId = 3301, Level = LogLevel.Information, Message = "Mixpanel has taken deletion {DeletionId} of project {Project}")]
    private static partial void LogAsked(ILogger logger, long deletionId, string project);

    [LoggerMessage(EventId = 3302, Level = LogLevel.Information, Message = "Mixpanel has finished deletion {DeletionId} of project {Project}")]
    private static partial void LogDone(ILogger logger, long deletionId, string project);

    [LoggerMessage(EventId = 3303, Level = LogLevel.Error, Message = "Mixpanel has given up deletion {DeletionId} of project {Project} ({Status}); it is asked anew")]
    private static partial void LogGivenUp(ILogger logger, long deletionId, string project, string status);

    [LoggerMessage(EventId = 3304, Level = LogLevel.Critical, Message =
        "Mixpanel answers {StatusCode} to Projects:{Project}:DeletionToken: what erased persons have there stays until it is right (such tokens last a year)")]
    private static partial void LogUnauthorised(ILogger logger, int statusCode, string project);

    [LoggerMessage(EventId = 3305, Level = LogLevel.Warning, Message = "Mixpanel did not answer to deletion {DeletionId} of project {Project} ({Reason}); it is asked again")]
    private static partial void LogRetry(ILogger logger, long deletionId, string project, string reason);

    [LoggerMessage(EventId = 3306, Level = LogLevel.Error, Message = "The deletions of project {Project} stumbled; the sweep starts them again")]
    private static partial void LogStumbled(ILogger logger, string project, Exception exception);
}
