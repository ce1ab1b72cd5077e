using System.Collections.Concurrent;
using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Cluster.Operations;

/// <summary>What passed this silo in the last half an hour, by project. Counting costs one addition.</summary>
internal sealed class Traffic(TimeProvider clock)
{
    // Bounded by the projects that there are.
    private readonly ConcurrentDictionary<string, Counts> _projects = new(StringComparer.Ordinal);

    public void Accepted(string project, int events) => Interlocked.Add(ref Of(project).Accepted, events);

    public void Delivered(string project, int events) => Interlocked.Add(ref Of(project).Delivered, events);

    /// <summary>To be called in every slot, once it is over.</summary>
    /// <param name="lagSeconds">Of a project that has anything pending; null: it could not be seen.</param>
    public void Turn(long slot, IReadOnlyDictionary<string, int>? lagSeconds)
    {
        foreach (var project in lagSeconds?.Keys ?? []) Of(project);
        foreach (var (name, counts) in _projects) counts.Turn(slot, lagSeconds is null ? -1 : lagSeconds.GetValueOrDefault(name));
    }

    public long SlotNow => clock.GetUtcNow().ToUnixTimeSeconds() / TrafficReport.SlotSeconds;

    public IEnumerable<TrafficReport> Tell() => _projects.Select(entry => entry.Value.Tell(entry.Key)).OfType<TrafficReport>();

    private Counts Of(string project) => _projects.GetOrAdd(project, static _ => new Counts());

    private sealed class Counts
    {
        private readonly Queue<(int Accepted, int Delivered, int Lag)> _slots = new();
        private long _lastSlot = -1;

        public int Accepted;
        public int Delivered;

        public void Turn(long slot, int lag)
        {
            lock (_slots)
            {
                // A clock that jumps makes a gap, or a slot that is counted twice as long: nothing worse.
                if (slot <= _lastSlot) return;
                for (var gap = _lastSlot < 0 ? slot : Math.Max(_lastSlot + 1, slot - TrafficReport.SlotsKept); gap < slot; gap++) Add((0, 0, -1));
                Add((Interlocked.Exchange(ref Accepted, 0), Interlocked.Exchange(ref Delivered, 0), lag));
                _lastSlot = slot;
            }
        }

        public TrafficReport? Tell(string project)
        {
            lock (_slots)
            {
                return _lastSlot < 0 ? null : new TrafficReport
                {
                    Project = project,
                    LastSlot = _lastSlot,
                    Accepted = [.. _slots.Select(slot => slot.Accepted)],
                    Delivered = [.. _slots.Select(slot => slot.Delivered)],
                    LagSeconds = [.. _slots.Select(slot => slot.Lag)],
                };
            }
        }

        private void Add((int, int, int) slot)
        {
            _slots.Enqueue(slot);
            if (_slots.Count > TrafficReport.SlotsKept) _slots.Dequeue();
        }
    }
}
