namespace SpidOrleans.Cluster.Stamping;

/// <summary>Times for events whose sender gave none: strictly increasing milliseconds, since Mixpanel sorts by time and
/// equal times have no order.</summary>
internal struct LaneClock
{
    private long _lastMs;

    /// <summary>Now, or one millisecond after the last time given if the clock has not moved on or has jumped back.</summary>
    public long Next(long nowMs) => _lastMs = Math.Max(nowMs, _lastMs + 1);

    /// <summary>Times given later will be after this one, unless it lies in the future: one sender's fast clock must not
    /// push everybody's events ahead.</summary>
    public void Observe(long timeMs, long nowMs)
    {
        if (timeMs <= nowMs) _lastMs = Math.Max(_lastMs, timeMs);
    }
}
