using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Cluster.Telemetry;

/// <summary>What this silo commits, counted once a group.</summary>
public sealed class OutboxMetrics
{
    public const string MeterName = "SpidOrleans.Outbox";

    private static readonly InstrumentAdvice<double> Seconds =
        new() { HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 8] };

    private static readonly InstrumentAdvice<long> Sizes =
        new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096] };

    private readonly ConcurrentDictionary<Shard, ShardCount> _shards = new();
    private readonly Dictionary<Shard, int> _others = [];
    private readonly ProjectCounter _accepted;
    private readonly ProjectCounter _replayed;
    private readonly Histogram<double> _duration;
    private readonly Histogram<long> _size;
    private long _merges;
    private long _merged;
    private long _failures;

    public OutboxMetrics(IMeterFactory meters, ClusterSettings settings)
    {
        var meter = meters.Create(MeterName);
        _accepted = new ProjectCounter(meter, "spid.events.accepted", "{event}", "Events committed to the outbox, resends that were recognised left out", settings.Projects.Keys);
        _replayed = new ProjectCounter(meter, "spid.dead_letters.replayed", "{event}", "Dead letters put into the outbox again", settings.Projects.Keys);
        meter.CreateObservableCounter("spid.merges", () => Volatile.Read(ref _merges), "{merge}", "Visitors that were linked with a user");
        meter.CreateObservableCounter("spid.merge.events", () => Volatile.Read(ref _merged), "{event}", "Pending events that moved to a user's lane at a merge");
        meter.CreateObservableCounter("spid.outbox.commit.failures", () => Volatile.Read(ref _failures), "{commit}", "Groups that the database did not confirm: their senders were told to come again");
        _duration = meter.CreateHistogram("spid.outbox.commit.duration", "s", "Time from a group's first statement to its confirmed commit", null, Seconds);
        _size = meter.CreateHistogram("spid.outbox.commit.operations", "{operation}", "Operations of a group", null, Sizes);
    }

    /// <summary>Events appended to each shard by this silo, since it started.</summary>
    internal IEnumerable<(Shard Shard, long Events)> AppendedByShard => _shards.Select(shard => (shard.Key, Volatile.Read(ref shard.Value.Events)));

    /// <summary>Called by the one writer.</summary>
    /// <param name="appended">Rows by shard, as the bell is told.</param>
    internal void Committed(IReadOnlyList<OutboxOperation> group, Dictionary<Shard, int> appended, TimeSpan took)
    {
        _duration.Record(took.TotalSeconds);
        _size.Record(group.Count);
        // Nearly all rows are events that have just been accepted: only what is not is counted one by one.
        foreach (var operation in group) CountOthers(operation);
        foreach (var (shard, rows) in appended)
        {
            _accepted.Add(shard.Project, rows - _others.GetValueOrDefault(shard));
            Interlocked.Add(ref _shards.GetOrAdd(shard, static _ => new ShardCount()).Events, rows);
        }

        _others.Clear();
    }

    internal void Failed() => Interlocked.Increment(ref _failures);

    private void CountOthers(OutboxOperation operation)
    {
        switch (operation)
        {
            case AppendOperation { Result: true } append when !IsOfEvents(append.Lane):
                Add(append.Lane.Shard, append.Rows);
                break;
            case ReplayOperation replay:
                foreach (var letter in replay.Letters) Add(replay.LaneOf(letter).Shard, 1);
                _replayed.Add(replay.Project, replay.Letters.Count);
                break;
            case ReleaseOperation { Touched.Count: > 1 } release:
                // The bell was told of all of them for each shard.
                foreach (var shard in release.Touched.Skip(1)) Add(shard, release.Result);
                break;
            case MoveOperation { Touched.Count: > 0 } move:
                Interlocked.Increment(ref _merges);
                Interlocked.Add(ref _merged, move.Result);
                // The bell was told of as many for each shard that was touched.
                foreach (var shard in move.Touched) Add(shard, move.Result + 1);
                if (move.Last is not null) Add(move.LastShard, -1);
                foreach (var also in move.Also)
                {
                    if (IsOfEvents(also.Lane)) Add(also.Lane.Shard, -1);
                }

                break;
        }

        void Add(Shard shard, int rows) => CollectionsMarshal.GetValueRefOrAddDefault(_others, shard, out _) += rows;
    }

    private static bool IsOfEvents(Lane lane) => lane.Identity is ['v' or 'u', ..];

    private sealed class ShardCount
    {
        public long Events;
    }
}
