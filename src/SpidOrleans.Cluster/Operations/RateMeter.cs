namespace SpidOrleans.Cluster.Operations;

/// <summary>Events per second over the last minute, in slots of five seconds. Not for two threads.</summary>
internal sealed class RateMeter(TimeProvider clock)
{
    private static readonly TimeSpan Slot = TimeSpan.FromSeconds(5);

    private readonly int[] _slots = new int[13];
    private readonly long _startedAt = clock.GetTimestamp();
    private long _last;

    public void Add(int events, long now)
    {
        Turn(now);
        _slots[_last % _slots.Length] += events;
    }

    public double PerSecond(long now)
    {
        Turn(now);
        // The slot that is not over counts for the time it has lasted.
        var lasted = Math.Min(clock.GetElapsedTime(_startedAt, now).TotalSeconds, (_slots.Length - 1) * Slot.TotalSeconds + clock.GetElapsedTime(_startedAt, now).TotalSeconds % Slot.TotalSeconds);
        return _slots.Sum() / Math.Max(1, lasted);
    }

    private void Turn(long now)
    {
        var slot = (long)(clock.GetElapsedTime(_startedAt, now) / Slot);
        for (var gone = Math.Max(_last + 1, slot - _slots.Length + 1); gone <= slot; gone++) _slots[gone % _slots.Length] = 0;
        _last = Math.Max(_last, slot);
    }
}
