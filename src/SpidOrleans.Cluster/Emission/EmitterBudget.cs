using Microsoft.Extensions.Logging;
using SpidOrleans.Contracts.Emission;

namespace SpidOrleans.Cluster.Emission;

/// <summary>
/// An emitter's share of its project's budget. While the budget cannot be asked the emitter goes by an equal part of the rate for
/// each shard: all of them together stay within it, and delivery does not wait for a silo that is gone.
/// </summary>
/// <param name="ownRate">That part.</param>
/// <param name="pauses">What shares are timed by.</param>
/// <param name="clock">What calls are timed by.</param>
internal sealed partial class EmitterBudget(IProjectBudgetGrain budget, RateBudget ownRate, string project, TimeProvider pauses, TimeProvider clock, ILogger logger)
{
    /// <summary>An answer takes a millisecond, or the silo it should come from is gone.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(1);

    /// <summary>How long nobody asks again after that.</summary>
    public static readonly TimeSpan AloneFor = TimeSpan.FromSeconds(5);

    private readonly long _startedAt = pauses.GetTimestamp();
    private readonly ProjectPause _ownPause = new();
    private long? _aloneSince;

    public async Task<BudgetShare> ReserveAsync(int events, long bytes)
    {
        if (_ownPause.Left(Now) is { } left) return new BudgetShare { IsGranted = false, Wait = left };
        return await AskAsync(() => budget.ReserveAsync(events, bytes)) ?? ownRate.Reserve(events, bytes, Now) with { IsRecovering = _ownPause.IsRecovering };
    }

    /// <inheritdoc cref="IProjectBudgetGrain.ThrottledAsync"/>
    public async Task<TimeSpan> ThrottledAsync(TimeSpan? after) =>
        await AskAsync(async () => (TimeSpan?)await budget.ThrottledAsync(after)) ?? _ownPause.Throttled(after, Now, Random.Shared.NextDouble());

    /// <inheritdoc cref="IProjectBudgetGrain.ResumedAsync"/>
    public async Task ResumedAsync()
    {
        _ownPause.Resumed();
        await AskAsync(async () =>
        {
            await budget.ResumedAsync();
            return (bool?)true;
        });
    }

    private TimeSpan Now => pauses.GetElapsedTime(_startedAt);

    private Task<BudgetShare?> AskAsync(Func<Task<BudgetShare>> ask) => AskAsync(async () => (BudgetShare?)await ask());

    /// <returns>Null: there was no answer.</returns>
    private async Task<T?> AskAsync<T>(Func<Task<T?>> ask)
        where T : struct
    {
        if (_aloneSince is { } since && clock.GetElapsedTime(since) < AloneFor) return null;
        try
        {
            var answer = await ask().WaitAsync(CallTimeout, clock);
            _aloneSince = null;
            return answer;
        }
        catch (Exception exception)
        {
            if (_aloneSince is null) LogAlone(logger, project, exception.GetBaseException().GetType().Name);
            _aloneSince = clock.GetTimestamp();
            return null;
        }
    }

    [LoggerMessage(EventId = 3111, Level = LogLevel.Warning, Message =
        "The budget of project {Project} does not answer ({Reason}); an emitter goes on with its shard's part of the rate")]
    private static partial void LogAlone(ILogger logger, string project, string reason);
}
