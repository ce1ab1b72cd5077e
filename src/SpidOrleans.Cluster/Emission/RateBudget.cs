using SpidOrleans.Contracts.Emission;

namespace SpidOrleans.Cluster.Emission;

/// <summary>
/// Shares out a rate: each request is told when its turn is, in the order of asking, so nobody starves and nobody asks twice while
/// the queue is short. Not for two threads; the caller brings the time.
/// </summary>
/// <param name="eventsPerSecond">Over a rolling minute; at least 1.</param>
/// <param name="bytesPerMinute">Likewise.</param>
/// <param name="now">Time since any moment. What was sent before is unknown, so the burst counts as spent.</param>
internal sealed class RateBudget(double eventsPerSecond, double bytesPerMinute, TimeSpan now)
{
    /// <summary>So much of the rate may go out at once after a silence.</summary>
    public static readonly TimeSpan Burst = TimeSpan.FromSeconds(1);

    /// <summary>Turns are given no further ahead: whoever comes then asks again, and what is read waits in the database.</summary>
    public static readonly TimeSpan AheadMax = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    // A burst and a minute's refill together are exactly what a minute may have.
    private readonly double _eventsPerSecond = eventsPerSecond * ((Window - Burst) / Window);
    private readonly double _bytesPerSecond = bytesPerMinute / Window.TotalSeconds * ((Window - Burst) / Window);

    /// <summary>When everything that was granted will have been paid for.</summary>
    private TimeSpan _paidAt = now + Burst;

    public BudgetShare Reserve(int events, long bytes, TimeSpan now)
    {
        var ahead = _paidAt - now - Burst;
        if (ahead > AheadMax) return new BudgetShare { IsGranted = false, Wait = ahead - AheadMax };
        var cost = TimeSpan.FromSeconds(Math.Max(events / _eventsPerSecond, bytes / _bytesPerSecond));
        _paidAt = (_paidAt > now ? _paidAt : now) + cost;
        var wait = _paidAt - now - Burst;
        return new BudgetShare { IsGranted = true, Wait = wait > TimeSpan.Zero ? wait : TimeSpan.Zero };
    }
}
