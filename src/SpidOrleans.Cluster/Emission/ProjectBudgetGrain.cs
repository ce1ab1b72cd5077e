using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Contracts.Emission;
using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Cluster.Emission;

/// <summary>Two of them for a moment share the rate out twice; Mixpanel says so by 429 if it matters.</summary>
[GrainType("project-budget")]
internal sealed class ProjectBudgetGrain([FromKeyedServices(EmissionLimits.Clock)] TimeProvider clock, ClusterSettings settings)
    : Grain, IProjectBudgetGrain
{
    private readonly long _startedAt = clock.GetTimestamp();
    private readonly ProjectPause _pause = new();
    private RateBudget _rate = null!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var eventsPerSecond = settings.Projects.GetValueOrDefault(this.GetPrimaryKeyString())?.EventsPerSecond ?? ProjectSettings.EventsPerSecondDefault;
        _rate = new RateBudget(eventsPerSecond, EmissionLimits.BytesPerMinute(eventsPerSecond), Now);
        return Task.CompletedTask;
    }

    public Task<BudgetShare> ReserveAsync(int events, long bytes) => Task.FromResult(_pause.Left(Now) is { } left
        ? new BudgetShare { IsGranted = false, Wait = left }
        : _rate.Reserve(events, bytes, Now) with { IsRecovering = _pause.IsRecovering });

    public Task<TimeSpan> ThrottledAsync(TimeSpan? after)
    {
        var pause = _pause.Throttled(after, Now, Random.Shared.NextDouble());
        // Nobody asks while everybody waits, and a budget that has forgotten the pause would end it.
        DelayDeactivation(pause);
        return Task.FromResult(pause);
    }

    public Task ResumedAsync()
    {
        _pause.Resumed();
        return Task.CompletedTask;
    }

    private TimeSpan Now => clock.GetElapsedTime(_startedAt);
}
