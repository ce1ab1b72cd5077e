namespace SpidOrleans.ClusterTests.Faults;

/// <summary>The right time, but pauses take a fiftieth: retries in a test need not last as long as in an outage.</summary>
public sealed class FastTime : TimeProvider
{
    private const int Factor = 50;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, Faster(dueTime), Faster(period));

    private static TimeSpan Faster(TimeSpan time) => time > TimeSpan.Zero ? time / Factor : time;
}
