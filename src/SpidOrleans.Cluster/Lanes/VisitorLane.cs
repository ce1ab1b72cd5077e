using System.Collections.Immutable;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Stamping;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Lanes;

/// <summary>
/// What the silo that a visitor belongs to knows of its lane while it is in use: so events of a visitor of whom nothing is
/// stored are appended without a call to its grain, which costs as much as everything else that is done for an event. The
/// grain, once it is there, uses the same lane, and closes it to others before it stores anything of the visitor.
/// </summary>
/// <remarks>Appends may overlap: the outbox's writer takes them in the order in which they were queued.</remarks>
internal sealed class VisitorLane(VisitorId visitor, VisitorLanes lanes)
{
    /// <summary>Event times this far ahead of the clock are remembered in the state: a restart takes longer than a smaller lead.</summary>
    public const long FutureToleranceMs = 1_000;

    // Locked, too: an object for that alone would be a tenth of what the lane costs.
    private readonly RecentEvents _recent = new();
    private LaneGauges _gauges;
    private string? _key;
    private LaneClock _clock;
    private long _latestEventMs;
    private int _grains;
    private bool _isClosed;

    public VisitorId Visitor => visitor;

    /// <summary>The latest event time that passed here.</summary>
    public long LatestEventMs => Volatile.Read(ref _latestEventMs);

    /// <summary>The clock's timestamp of its last use.</summary>
    public long UsedAt { get; set; }

    /// <summary>Stamps events to be appended as long as nothing is stored of the visitor.</summary>
    /// <remarks>Whoever appends them next to others of this lane comes before or after: none of them is acknowledged yet.</remarks>
    /// <param name="now">Milliseconds since the Unix epoch.</param>
    public LaneAttempt Prepare(EventSource source, ImmutableArray<TrackedEvent> events, long now)
    {
        lock (_recent)
        {
            if (_isClosed || lanes.Settings.HoldsUndecided) return LaneAttempt.ForTheGrain;
            var unknown = _recent.Unknown(source.Project, events);
            if (unknown.IsEmpty) return LaneAttempt.AllKnown;
            foreach (var e in unknown)
            {
                if (e.TimeMs > now + FutureToleranceMs) return LaneAttempt.ForTheGrain;
            }

            var gauge = _gauges.Of(source.Project, lanes.Settings, lanes.Clock);
            if (!gauge.HasRoom(unknown.Length)) return LaneAttempt.ForTheGrain;
            gauge.Appended(unknown.Length);
            return new LaneAttempt(this, gauge, unknown, new AppendOperation(lanes.LaneOf(source.Project, _key ??= visitor.Key), StampLocked(source, unknown, now), ifStateless: true));
        }
    }

    /// <summary>For the grain, which knows the visitor's state and has seen to the gauge.</summary>
    /// <param name="traits">What the source's client says of the visitor.</param>
    /// <param name="heldBy">The state by which the events are to be held; null: they are not.</param>
    /// <returns>False: another activation has linked this visitor, or stored something else of it.</returns>
    public Task<bool> AppendAsync(EventSource source, ImmutableArray<TrackedEvent> events, ClientTraits? traits, StateVersion? heldBy)
    {
        lock (_recent) return lanes.AppendAsync(source.Project, visitor.Key, StampLocked(source, events, lanes.NowMs, traits), heldBy);
    }

    /// <summary>The events that neither are remembered nor repeat within the call.</summary>
    public ImmutableArray<TrackedEvent> Unknown(string project, ImmutableArray<TrackedEvent> events)
    {
        lock (_recent) return _recent.Unknown(project, events);
    }

    /// <summary>To be called only once the events are durable.</summary>
    public void Remember(string project, ImmutableArray<TrackedEvent> events)
    {
        // Nearly always one event, and often one that no resend could be told by.
        if (events is [{ InsertId: null }]) return;
        lock (_recent) _recent.Add(project, events);
    }

    /// <summary>Later events of ours will have later times, and so will a link.</summary>
    public void Observe(ImmutableArray<TrackedEvent> events)
    {
        lock (_recent)
        {
            foreach (var e in events) _latestEventMs = Math.Max(_latestEventMs, e.TimeMs ?? 0);
        }
    }

    public LaneGauge GaugeOf(string project)
    {
        lock (_recent) return _gauges.Of(project, lanes.Settings, lanes.Clock);
    }

    /// <summary>From here on the grain alone appends.</summary>
    public void Close()
    {
        lock (_recent) _isClosed = true;
    }

    /// <summary>A grain uses this lane: it stays.</summary>
    /// <returns>False: it is gone already.</returns>
    public bool TryAttach()
    {
        lock (_recent)
        {
            if (_grains < 0) return false;
            _grains++;
            return true;
        }
    }

    public void Detach()
    {
        lock (_recent) _grains--;
    }

    /// <summary>Ends the lane unless it was used since, or a grain uses it.</summary>
    /// <param name="unusedSince">A timestamp of the clock.</param>
    public bool TryEnd(long unusedSince)
    {
        lock (_recent)
        {
            if (_grains > 0 || UsedAt > unusedSince) return false;
            (_grains, _isClosed) = (int.MinValue, true);
            return true;
        }
    }

    private OutboxEvent[] StampLocked(EventSource source, ImmutableArray<TrackedEvent> events, long nowMs, ClientTraits? traits = null)
    {
        var times = _clock.TimesOf(events.AsSpan(), nowMs);
        var isOriginal = lanes.Settings.HasOriginalIdMerge(source.Project);
        var stamped = new OutboxEvent[events.Length];
        for (var i = 0; i < stamped.Length; i++)
        {
            _latestEventMs = Math.Max(_latestEventMs, times[i]);
            stamped[i] = new OutboxEvent(times[i], EventWriter.Write(source, events[i], Stamp.For(events[i], times[i], visitor, traits, isOriginal)));
        }

        return stamped;
    }
}
