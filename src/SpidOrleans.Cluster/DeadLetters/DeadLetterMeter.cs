using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace SpidOrleans.Cluster.DeadLetters;

/// <summary>Counts dead letters for whoever listens, by project.</summary>
internal sealed class DeadLetterMeter : IDisposable
{
    public const string MeterName = "SpidOrleans";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _buried;
    private readonly Counter<long> _expired;
    private readonly ConcurrentDictionary<string, long> _waiting = new();

    public DeadLetterMeter()
    {
        _buried = _meter.CreateCounter<long>("spid_dead_letters_total", description: "Events that Mixpanel refused for good, by this silo's emitters");
        _expired = _meter.CreateCounter<long>("spid_dead_letters_expired_total", description: "Dead letters that went after DeadLetters:Retention");
        _meter.CreateObservableGauge(
            "spid_dead_letters",
            () => _waiting.Select(entry => new Measurement<long>(entry.Value, Of(entry.Key))),
            description: "Dead letters that are kept, as this silo last counted them");
    }

    /// <summary>As of the last count, and what this silo has buried since.</summary>
    public long WaitingOf(string project) => _waiting.GetValueOrDefault(project);

    public void Buried(string project, int count)
    {
        if (count == 0) return;
        _buried.Add(count, Of(project));
        _waiting.AddOrUpdate(project, count, (_, before) => before + count);
    }

    public void Expired(string project, int count) => _expired.Add(count, Of(project));

    public void Counted(IReadOnlyDictionary<string, long> waiting)
    {
        foreach (var (project, count) in waiting) _waiting[project] = count;
        foreach (var project in _waiting.Keys.Where(project => !waiting.ContainsKey(project))) _waiting[project] = 0;
    }

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Of(string project) => new("project", project);
}
