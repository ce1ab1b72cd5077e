using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using SpidOrleans.Cluster.Telemetry;
using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Cluster.DeadLetters;

/// <summary>Counts dead letters for whoever listens, by project.</summary>
internal sealed class DeadLetterMeter
{
    public const string MeterName = "SpidOrleans.DeadLetters";

    private readonly ProjectCounter _buried;
    private readonly ProjectCounter _expired;
    private readonly ConcurrentDictionary<string, long> _waiting = new();

    public DeadLetterMeter(IMeterFactory meters, ClusterSettings settings)
    {
        var meter = meters.Create(MeterName);
        _buried = new ProjectCounter(meter, "spid.dead_letters", "{event}", "Events that Mixpanel refused for good, by this silo's emitters", settings.Projects.Keys);
        _expired = new ProjectCounter(meter, "spid.dead_letters.expired", "{event}", "Dead letters that went after DeadLetters:Retention", settings.Projects.Keys);
        foreach (var project in settings.Projects.Keys) _waiting[project] = 0;
        meter.CreateObservableGauge(
            "spid.dead_letters.kept",
            () => _waiting.Select(entry => new Measurement<long>(entry.Value, new KeyValuePair<string, object?>(MeterTags.Project, entry.Key))),
            "{event}", "Dead letters that are kept, in the whole cluster, as this silo last counted them");
    }

    /// <summary>As of the last count, and what this silo has buried since.</summary>
    public long WaitingOf(string project) => _waiting.GetValueOrDefault(project);

    public void Buried(string project, int count)
    {
        if (count == 0) return;
        _buried.Add(project, count);
        _waiting.AddOrUpdate(project, count, (_, before) => before + count);
    }

    public void Expired(string project, int count) => _expired.Add(project, count);

    public void Counted(IReadOnlyDictionary<string, long> waiting)
    {
        foreach (var (project, count) in waiting) _waiting[project] = count;
        foreach (var project in _waiting.Keys.Where(project => !waiting.ContainsKey(project))) _waiting[project] = 0;
    }
}
