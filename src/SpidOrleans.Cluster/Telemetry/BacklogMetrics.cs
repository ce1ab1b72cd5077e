using System.Diagnostics.Metrics;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Cluster.Telemetry;

/// <summary>What waits for Mixpanel in the whole cluster: every silo tells the same, so whoever watches takes the largest, not the sum,
/// and the death of one takes nothing away. And, of this silo alone, how fast its busiest shard grows.</summary>
internal sealed class BacklogMetrics
{
    public const string MeterName = "SpidOrleans.Backlog";

    private readonly string[] _projects;
    private readonly TimeProvider _clock;
    private volatile Look? _look;

    public BacklogMetrics(IMeterFactory meters, ClusterSettings settings, TimeProvider clock)
    {
        (_projects, _clock) = ([.. settings.Projects.Keys], clock);
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("spid.oldest_pending", () => Measure(OldestSeconds), "s", "How long the oldest pending event has been waiting; 0: nothing waits");
        meter.CreateObservableGauge("spid.pending", () => Measure((project, _) => project.Pending), "{event}", "Pending events and changes of profiles; an estimate while they are many");
        meter.CreateObservableGauge("spid.shard.pending.max", () => Measure((project, _) => project.PendingOfFullest), "{event}", "Of the shard where most are pending");
        meter.CreateObservableGauge("spid.shard.rate.max", () => Measure((project, _) => project.RateOfBusiest), "{event}/s", "Events that this silo appended to its busiest shard");
    }

    /// <param name="appended">Since this silo started, by shard.</param>
    public void Looked(IReadOnlyList<ShardBacklog> backlog, IEnumerable<(Shard Shard, long Events)> appended)
    {
        var now = _clock.GetTimestamp();
        var before = _look;
        var totals = appended.ToDictionary(one => one.Shard, one => one.Events);
        var seconds = before is null ? 0 : _clock.GetElapsedTime(before.At, now).TotalSeconds;
        var projects = _projects.Concat(backlog.Select(shard => shard.Shard.Project)).Distinct().ToDictionary(name => name, name =>
        {
            var waiting = backlog.Where(shard => shard.Shard.Project == name).ToList();
            var grown = totals.Where(total => total.Key.Project == name).Select(total => total.Value - before?.Appended.GetValueOrDefault(total.Key) ?? 0);
            return new Project(
                waiting.Count == 0 ? null : waiting.Max(shard => shard.Oldest),
                waiting.Sum(shard => shard.Pending),
                waiting.Select(shard => shard.Pending).DefaultIfEmpty().Max(),
                seconds > 0 ? grown.DefaultIfEmpty().Max() / seconds : 0);
        });
        _look = new Look(now, projects, totals);
    }

    /// <summary>What waited at the last look goes on ageing until the next, also while the database does not answer.</summary>
    private static double OldestSeconds(Project project, TimeSpan sinceLook) => project.Oldest is { } oldest ? (oldest + sinceLook).TotalSeconds : 0;

    private IEnumerable<Measurement<double>> Measure(Func<Project, TimeSpan, double> value)
    {
        if (_look is not { } look) return [];
        var sinceLook = _clock.GetElapsedTime(look.At);
        return look.Projects.Select(project => new Measurement<double>(value(project.Value, sinceLook), new KeyValuePair<string, object?>(MeterTags.Project, project.Key)));
    }

    private sealed record Look(long At, Dictionary<string, Project> Projects, Dictionary<Shard, long> Appended);

    private sealed record Project(TimeSpan? Oldest, long Pending, long PendingOfFullest, double RateOfBusiest);
}
