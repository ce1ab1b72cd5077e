using SpidOrleans.Mixpanel.Delivery;

namespace SpidOrleans.Cluster.Emission;

/// <summary>The pause of a project that Mixpanel throttles, for all of its shards. Not for two threads; the caller brings time and
/// randomness.</summary>
internal sealed class ProjectPause
{
    private TimeSpan _until = TimeSpan.MinValue;
    private int _attempts;

    /// <summary>Throttled, and nothing was taken since.</summary>
    public bool IsRecovering => _attempts > 0;

    /// <summary>How much of it is left; null: nothing.</summary>
    public TimeSpan? Left(TimeSpan now) => _until > now ? _until - now : null;

    /// <param name="random">From 0 up to, not including, 1.</param>
    /// <returns>How long to pause from now.</returns>
    public TimeSpan Throttled(TimeSpan? after, TimeSpan now, double random)
    {
        // The shards that were sending when it began: the same news again, unless it asks for more.
        var left = Left(now);
        if (left is null) _attempts++;
        if (left is { } running && after is null) return running;

        var until = now + Backoff.Next(_attempts, new SendOutcome.Retry(after, "throttled", 429, Throttled: true), random);
        if (until > _until) _until = until;
        return _until - now;
    }

    public void Resumed() => _attempts = 0;
}
