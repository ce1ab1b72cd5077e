namespace SpidOrleans.ClusterTests.Faults;

/// <summary>The right time of day, but pauses take a fiftieth: retries in a test need not last as long as in an outage.</summary>
public sealed class FastTime : TimeProvider
{
    public const int Factor = 50;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, Faster(dueTime), Faster(period));

    public override long TimestampFrequency => System.TimestampFrequency;

    /// <summary>As fast as the pauses.</summary>
    public override long GetTimestamp() => System.GetTimestamp() * Factor;

    private static TimeSpan Faster(TimeSpan time) => time > TimeSpan.Zero ? time / Factor : time;
}
