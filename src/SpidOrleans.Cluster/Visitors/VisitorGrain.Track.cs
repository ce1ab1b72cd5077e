using System.Collections.Immutable;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Stamping;
using SpidOrleans.Contracts.Events;

namespace SpidOrleans.Cluster.Visitors;

internal sealed partial class VisitorGrain
{
    /// <summary>Event times this far ahead of the clock are remembered in the state: a restart takes longer than a smaller lead.</summary>
    private const long FutureToleranceMs = 1_000;

    /// <summary>Remembered rounded up to this, so that a sender with a fast clock does not cost a state write per event.</summary>
    private const long FutureStepMs = 10_000;

    public async Task<TrackOutcome> TrackAsync(EventSource source, ImmutableArray<TrackedEvent> events, bool fromBrowser)
    {
        if (fromBrowser && State.Successor is { } successor)
        {
            // What the browser did after another person took it over is that person's, whichever id the page still holds.
            var later = events.RemoveAll(e => e.TimeMs < State.RetiredAtMs);
            events = events.RemoveAll(e => e.TimeMs is not { } time || time >= State.RetiredAtMs);
            if (later.Length > 0 && await Visitor(successor).TrackAsync(source, later, fromBrowser) is var outcome and not TrackOutcome.Stored)
                return outcome;
        }

        if (events.IsEmpty) return TrackOutcome.Stored;
        if (await FinishMergeAsync() is var merge and not TrackOutcome.Stored) return merge;
        if (_recent.Unknown(source.Project, events) is not { IsEmpty: false } unknown) return TrackOutcome.Stored;

        foreach (var e in unknown) _latestEventMs = Math.Max(_latestEventMs, e.TimeMs ?? 0);
        await RememberFutureAsync();
        var stored = State.LinkedUser is { } user
            ? await User(user).TrackAsync(source, unknown, Linked())
            : await AppendAsync(source, unknown);
        if (stored == TrackOutcome.Stored) _recent.Add(source.Project, unknown);
        return stored;
    }

    private async Task<TrackOutcome> AppendAsync(EventSource source, ImmutableArray<TrackedEvent> events)
    {
        var lane = LaneOf(source.Project, _id.Key);
        var gauge = _gauges.Of(source.Project, settings, clock);
        try
        {
            if (!await gauge.HasRoomAsync(events.Length, outbox, lane, CancellationToken.None)) return TrackOutcome.LaneFull;

            if (await outbox.AppendAsync(lane, StampAll(source, events)))
            {
                gauge.Appended(events.Length);
                return TrackOutcome.Stored;
            }

            // Another activation has linked this visitor: this one is stale and must not answer anybody again.
            DeactivateOnIdle();
            return TrackOutcome.Unavailable;
        }
        catch (OutboxUnavailableException)
        {
            gauge.Forget();
            return TrackOutcome.Unavailable;
        }
    }

    private OutboxEvent[] StampAll(EventSource source, ImmutableArray<TrackedEvent> events)
    {
        var times = _laneClock.TimesOf(events.AsSpan(), NowMs);
        var stamped = new OutboxEvent[events.Length];
        for (var i = 0; i < stamped.Length; i++)
        {
            _latestEventMs = Math.Max(_latestEventMs, times[i]);
            stamped[i] = new OutboxEvent(times[i], EventWriter.Write(source, events[i], Stamp.For(events[i], times[i], _id)));
        }

        return stamped;
    }

    /// <summary>Link and retirement must come after every accepted event's time, also one that lies ahead of the clock, and
    /// also when it was delivered and the silo has crashed since. So such a time is stored before its event is.</summary>
    private async Task RememberFutureAsync()
    {
        if (_latestEventMs <= NowMs + FutureToleranceMs || _latestEventMs <= State.FutureEventMs) return;
        await WriteAsync(State with { FutureEventMs = (_latestEventMs / FutureStepMs + 1) * FutureStepMs });
    }
}
