using System.Collections.Immutable;
using SpidOrleans.Cluster.Lanes;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Visitors;

internal sealed partial class VisitorGrain
{
    /// <summary>Remembered rounded up to this, so that a sender with a fast clock does not cost a state write per event.</summary>
    private const long FutureStepMs = 10_000;

    public async Task<TrackOutcome> TrackAsync(EventSource source, ImmutableArray<TrackedEvent> events, bool fromBrowser, KeyDigest? browserKey)
    {
        if (State.IsErased) return TrackOutcome.Erased;
        if (browserKey is not null)
        {
            if (await FinishMergeAsync() is var merging and not TrackOutcome.Stored) return merging;
            // The copy was made before the person came: what it sends is not theirs.
            if (State.LinkedUser is not null && !Binding.Recognises(browserKey)) return TrackOutcome.Stranger;
        }

        if (fromBrowser && State.Successor is { } successor && (browserKey is null || IsAwaited(browserKey)))
        {
            // What the browser did after another person took it over is that person's, whichever id the page still holds.
            var later = events.RemoveAll(e => e.TimeMs < State.RetiredAtMs);
            events = events.RemoveAll(e => e.TimeMs is not { } time || time >= State.RetiredAtMs);
            if (later.Length > 0)
            {
                var outcome = await Visitor(successor).TrackAsync(source, later, fromBrowser, browserKey: null);
                if (events.IsEmpty || outcome.OrDiscarded() != TrackOutcome.Stored) return outcome;
            }
        }

        if (events.IsEmpty) return TrackOutcome.Stored;
        if (await FinishMergeAsync() is var merge and not TrackOutcome.Stored) return merge;
        if (State.IsTrackingRefused) return TrackOutcome.Discarded;
        if (await FinishReleaseAsync() is var release and not TrackOutcome.Stored) return release;
        if (_lane.Unknown(source.Project, events) is not { IsEmpty: false } unknown) return TrackOutcome.Stored;

        _lane.Observe(unknown);
        await RememberFutureAsync();
        var stored = State.LinkedUser is { } user
            ? await User(user).TrackAsync(source, unknown, Linked())
            : await AppendAsync(source, unknown);
        if (stored == TrackOutcome.Stored) _lane.Remember(source.Project, unknown);
        // This grain has not heard of it yet.
        else if (stored == TrackOutcome.Erased) await ForgetAsync();
        return stored;
    }

    private async Task<TrackOutcome> AppendAsync(EventSource source, ImmutableArray<TrackedEvent> events)
    {
        var gauge = _lane.GaugeOf(source.Project);
        try
        {
            if (!await gauge.HasRoomAsync(events.Length, services.Outbox, LaneOf(source.Project, Id.Key), CancellationToken.None)) return TrackOutcome.LaneFull;

            if (await _lane.AppendAsync(source, events, State.Traits?.Of(source.ClientId), HeldBy))
            {
                gauge.Appended(events.Length);
                return TrackOutcome.Stored;
            }

            // Another activation knows more of this visitor: this one is stale and must not answer anybody again.
            DeactivateOnIdle();
            return TrackOutcome.Unavailable;
        }
        catch (OutboxUnavailableException)
        {
            gauge.Forget();
            return TrackOutcome.Unavailable;
        }
    }

    /// <summary>Link and retirement must come after every accepted event's time, also one that lies ahead of the clock, and
    /// also when it was delivered and the silo has crashed since. So such a time is stored before its event is.</summary>
    private async Task RememberFutureAsync()
    {
        var latest = _lane.LatestEventMs;
        if (latest <= NowMs + VisitorLane.FutureToleranceMs || latest <= State.FutureEventMs) return;
        await WriteAsync(State with { FutureEventMs = (latest / FutureStepMs + 1) * FutureStepMs });
    }
}
