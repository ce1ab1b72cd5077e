using System.Collections.Immutable;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.Intake;

/// <summary>Hands a request's events to the grains of their identities.</summary>
public sealed class EventTracker(IGrainFactory grains)
{
    /// <summary>Events of one identity keep their order; identities are served side by side.</summary>
    /// <param name="events">At least one; each names a visitor or a user.</param>
    /// <returns>The worst of the outcomes: only <see cref="TrackOutcome.Stored"/> means that all are durable.</returns>
    /// <exception cref="ClusterUnavailableException">A grain did not answer.</exception>
    public Task<TrackOutcome> TrackAsync(EventSource source, ImmutableArray<AddressedEvent> events, bool fromBrowser = false) =>
        ClusterCall.OrUnavailableAsync(
            () => events.Length == 1
                ? TrackAsync(source, events[0].VisitorId, events[0].UserId, [events[0].Event], fromBrowser)
                : TrackManyAsync(source, events, fromBrowser),
            // Without an insert id of its own an event would be stamped anew, and count twice.
            isRepeatable: events.All(addressed => addressed.Event.InsertId is not null));

    private async Task<TrackOutcome> TrackManyAsync(EventSource source, ImmutableArray<AddressedEvent> events, bool fromBrowser)
    {
        var lanes = new Dictionary<(VisitorId?, UserId?), ImmutableArray<TrackedEvent>.Builder>();
        foreach (var addressed in events)
        {
            var identity = (addressed.VisitorId, addressed.UserId);
            if (!lanes.TryGetValue(identity, out var lane)) lanes[identity] = lane = ImmutableArray.CreateBuilder<TrackedEvent>();
            lane.Add(addressed.Event);
        }

        var outcomes = await Task.WhenAll(lanes.Select(lane =>
            TrackAsync(source, lane.Key.Item1, lane.Key.Item2, lane.Value.DrainToImmutable(), fromBrowser)));
        // In doubt the sender must resend at once rather than think that a lane is full.
        return outcomes.Contains(TrackOutcome.Unavailable) ? TrackOutcome.Unavailable
            : outcomes.Contains(TrackOutcome.LaneFull) ? TrackOutcome.LaneFull
            : TrackOutcome.Stored;
    }

    private Task<TrackOutcome> TrackAsync(
        EventSource source, VisitorId? visitor, UserId? user, ImmutableArray<TrackedEvent> events, bool fromBrowser) =>
        visitor is { } visitorId ? grains.GetVisitor(visitorId).TrackAsync(source, events, fromBrowser)
            : user is { } userId ? grains.GetUser(userId).TrackAsync(source, events)
            : throw new ArgumentException("an event names nobody", nameof(events));
}
