namespace SpidOrleans.Cluster.Stamping;

/// <summary>
/// Times for events whose sender gave none: strictly increasing milliseconds, since Mixpanel sorts by time and equal times
/// have no order; and never ahead of now if that can be helped, since Mixpanel overwrites a time that lies ahead with the
/// time of arrival, and a repeat would then be another event.
/// </summary>
internal struct LaneClock
{
    /// <summary>Further ahead than any burst brings it: the system's clock has been set back. Then now is right, not the
    /// order with times that never were.</summary>
    private const long AheadMaxMs = 5_000;

    private long _lastMs;

    /// <summary>The first of <paramref name="count"/> times, one millisecond apart. The last is now, unless the lane's last
    /// time does not leave that much room.</summary>
    public long Take(int count, long nowMs)
    {
        if (_lastMs > nowMs + AheadMaxMs) _lastMs = 0;
        var first = Math.Max(nowMs - (count - 1), _lastMs + 1);
        _lastMs = first + count - 1;
        return first;
    }

    /// <summary>Times given later will be after this one, unless it lies in the future: one sender's fast clock must not
    /// push everybody's events ahead.</summary>
    public void Observe(long timeMs, long nowMs)
    {
        if (timeMs <= nowMs) _lastMs = Math.Max(_lastMs, timeMs);
    }

    /// <summary>The time of every event: the sender's, or one of ours.</summary>
    public long[] TimesOf(ReadOnlySpan<Contracts.Events.TrackedEvent> events, long nowMs)
    {
        var open = 0;
        foreach (var e in events)
        {
            if (e.TimeMs is { } given) Observe(given, nowMs);
            else open++;
        }

        var next = open > 0 ? Take(open, nowMs) : 0;
        var times = new long[events.Length];
        for (var i = 0; i < times.Length; i++) times[i] = events[i].TimeMs ?? next++;
        return times;
    }
}
