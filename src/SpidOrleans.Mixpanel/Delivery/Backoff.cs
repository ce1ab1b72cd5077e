namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>How long to wait before the same batch goes out again. Pure: the caller brings the randomness.</summary>
public static class Backoff
{
    /// <summary>The first step, and the least wait that a Retry-After of nothing gets.</summary>
    public static readonly TimeSpan Base = TimeSpan.FromSeconds(1);

    /// <summary>Ceiling for errors. Raising it spares a broken Mixpanel and delays the first event after its recovery.</summary>
    public static readonly TimeSpan ErrorMax = TimeSpan.FromSeconds(15);

    /// <summary>Ceiling for a 429 without Retry-After: Mixpanel's own advice for its rolling minute.</summary>
    public static readonly TimeSpan ThrottledMax = TimeSpan.FromSeconds(60);

    /// <summary>The most that jitter adds to a Retry-After.</summary>
    public static readonly TimeSpan RetryAfterJitterMax = TimeSpan.FromSeconds(5);

    /// <summary>The wait before the next attempt.</summary>
    /// <remarks>
    /// Without Retry-After the step is 1 s, 2 s, 4 s … up to the ceiling, and the wait lies in its upper half, so that shards
    /// which failed together do not come back together and the ceiling still holds. With Retry-After the wait is what was asked
    /// plus up to a quarter of it (at most 5 s): never earlier, and not all shards at the same instant.
    /// </remarks>
    /// <param name="attempt">Failures in a row so far, from 1.</param>
    /// <param name="retry">The last of them.</param>
    /// <param name="random">From 0 up to, not including, 1.</param>
    public static TimeSpan Next(int attempt, SendOutcome.Retry retry, double random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempt, 1);
        ArgumentNullException.ThrowIfNull(retry);
        if (!(random is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(random), random, "from 0 up to 1");

        if (retry.After is { } after)
        {
            var asked = Max(after, Base);
            return asked + (Min(asked / 4, RetryAfterJitterMax) * random);
        }

        // 2^30 s is far beyond any ceiling; the exponent is bounded so that a month of failures does not overflow.
        var step = Min(Base * Math.Pow(2, Math.Min(attempt - 1, 30)), retry.Throttled ? ThrottledMax : ErrorMax);
        return step * (0.5 + (random / 2));
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
