using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace SpidOrleans.Cluster.Telemetry;

/// <summary>A count for each project, which is read only when somebody looks: counting costs an addition, and who looks finds every
/// configured project from the start, at 0.</summary>
internal sealed class ProjectCounter
{
    // Bounded by the projects that are configured, or were when their events came.
    private readonly ConcurrentDictionary<string, Cell> _cells = new();

    public ProjectCounter(Meter meter, string name, string unit, string description, IEnumerable<string> projects)
    {
        foreach (var project in projects) _cells.TryAdd(project, new Cell(project));
        meter.CreateObservableCounter(name, () => _cells.Values.Select(cell => cell.Measure()), unit, description);
    }

    public void Add(string project, long count)
    {
        if (count != 0) _cells.GetOrAdd(project, static project => new Cell(project)).Add(count);
    }

    private sealed class Cell(string project)
    {
        private readonly KeyValuePair<string, object?>[] _tags = [new(MeterTags.Project, project)];
        private long _count;

        public void Add(long count) => Interlocked.Add(ref _count, count);

        public Measurement<long> Measure() => new(Volatile.Read(ref _count), _tags);
    }
}
