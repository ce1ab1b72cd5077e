using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Lanes;

/// <summary>The lanes in use on this silo.</summary>
internal sealed class VisitorLanes(IOutbox outbox, ClusterSettings settings, TimeProvider clock) : BackgroundService
{
    /// <summary>A lane that is not used for so long is forgotten. It costs some 400 bytes; what it knows is a saving, or of no
    /// consequence after a second.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<VisitorId, VisitorLane> _lanes = new();

    public int Count => _lanes.Count;

    public ClusterSettings Settings => settings;

    public TimeProvider Clock => clock;

    /// <summary>Milliseconds since the Unix epoch.</summary>
    public long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc cref="VisitorLane.Prepare"/>
    /// <param name="at">The clock's timestamp.</param>
    public LaneAttempt Prepare(VisitorId visitor, EventSource source, ImmutableArray<TrackedEvent> events, long nowMs, long at) =>
        LaneOf(visitor, at).Prepare(source, events, nowMs);

    /// <summary>For the visitor's grain, which detaches when it goes.</summary>
    public VisitorLane Attach(VisitorId visitor)
    {
        while (true)
        {
            if (LaneOf(visitor, clock.GetTimestamp()) is var lane && lane.TryAttach()) return lane;
        }
    }

    public Lane LaneOf(string project, string identity) => new(Shard.Of(project, identity, settings.ShardsOf(project)), identity);

    public Task<bool> AppendAsync(string project, string identity, OutboxEvent[] events, StateVersion? heldBy) =>
        heldBy is { } state ? outbox.HoldAsync(LaneOf(project, identity), events, state) : outbox.AppendAsync(LaneOf(project, identity), events);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(SweepInterval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken)) Forget(KeptFor);
    }

    private VisitorLane LaneOf(VisitorId visitor, long at)
    {
        if (!_lanes.TryGetValue(visitor, out var lane))
            lane = _lanes.GetOrAdd(visitor, static (visitor, lanes) => new VisitorLane(visitor, lanes), this);
        lane.UsedAt = at;
        return lane;
    }

    /// <summary>Ends the lanes that were not used for so long and that no grain uses.</summary>
    internal void Forget(TimeSpan unused)
    {
        // By the monotonic clock: the system's may jump.
        var unusedSince = clock.GetTimestamp() - (long)(unused.TotalSeconds * clock.TimestampFrequency);
        foreach (var (visitor, lane) in _lanes)
        {
            if (lane.UsedAt <= unusedSince && lane.TryEnd(unusedSince)) _lanes.TryRemove(new(visitor, lane));
        }
    }
}
