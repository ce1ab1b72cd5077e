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

    /// <summary>Turns are given no further ahead, so nobody waits longer: whoever comes then asks again, and what is read waits in the
    /// database.</summary>
    public static readonly TimeSpan AheadMax = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private static readonly double Share = (Window - 2 * Burst) / Window;

    // A burst, a minute's refill and the request that comes last, which is paid for after it: together no more than a minute may have.
    private readonly double _eventsPerSecond = eventsPerSecond * Share;
    private readonly double _bytesPerSecond = bytesPerMinute / Window.TotalSeconds * Share;

    /// <summary>When everything that was granted will have been paid for.</summary>
    private TimeSpan _paidAt = now + Burst;

    public BudgetShare Reserve(int events, long bytes, TimeSpan now)
    {
        var ahead = _paidAt - now - Burst;
        if (ahead > AheadMax) return new BudgetShare { IsGranted = false, Wait = ahead - AheadMax };
        _paidAt = (_paidAt > now ? _paidAt : now) + TimeSpan.FromSeconds(Math.Max(events / _eventsPerSecond, bytes / _bytesPerSecond));
        return new BudgetShare { IsGranted = true, Wait = ahead > TimeSpan.Zero ? ahead : TimeSpan.Zero };
    }
}
