namespace SpidOrleans.Cluster.Operations;

/// <summary>Lets groups of events through up to a rate, and counts the rest. A group that is begun is let through as a whole.</summary>
internal sealed class JournalBudget(int eventsPerSecond, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private double _left = eventsPerSecond;
    private long _filledAt = clock.GetTimestamp();
    private long _skipped;

    /// <summary>Events that were not let through, ever.</summary>
    public long Skipped => Interlocked.Read(ref _skipped);

    public bool Takes(int events)
    {
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            _left = Math.Min(eventsPerSecond, _left + clock.GetElapsedTime(_filledAt, now).TotalSeconds * eventsPerSecond);
            _filledAt = now;
            if (_left > 0)
            {
                _left -= events;
                return true;
            }
        }

        Interlocked.Add(ref _skipped, events);
        return false;
    }
}
