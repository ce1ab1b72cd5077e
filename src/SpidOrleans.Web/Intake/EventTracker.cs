using System.Collections.Immutable;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Intake;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.Intake;

/// <summary>Hands a request's events to the cluster, by identity.</summary>
public sealed class EventTracker(IIntake intake)
{
    /// <summary>Events of one identity keep their order; identities are served side by side.</summary>
    /// <param name="events">At least one; each names a visitor or a user.</param>
    /// <returns>The worst of the outcomes: only <see cref="TrackOutcome.Stored"/> means that all are durable.</returns>
    /// <exception cref="ClusterUnavailableException">The cluster did not answer.</exception>
    public Task<TrackOutcome> TrackAsync(EventSource source, ImmutableArray<AddressedEvent> events, bool fromBrowser = false)
    {
        ImmutableArray<IdentityEvents> identities = events is [var one]
            ? [new IdentityEvents { Visitor = one.VisitorId, User = one.UserId, Events = [one.Event] }]
            : ByIdentity(events);
        // Without an insert id of its own an event would be stamped anew, and count twice.
        var isRepeatable = events.All(addressed => addressed.Event.InsertId is not null);
        return ClusterCall.OrUnavailableAsync(() => intake.TrackAsync(source, identities, fromBrowser), isRepeatable);
    }

    private static ImmutableArray<IdentityEvents> ByIdentity(ImmutableArray<AddressedEvent> events)
    {
        var lanes = new Dictionary<(VisitorId?, UserId?), ImmutableArray<TrackedEvent>.Builder>(events.Length);
        foreach (var addressed in events)
        {
            var identity = (addressed.VisitorId, addressed.UserId);
            if (!lanes.TryGetValue(identity, out var lane)) lanes[identity] = lane = ImmutableArray.CreateBuilder<TrackedEvent>(1);
            lane.Add(addressed.Event);
        }

        return [.. lanes.Select(lane => new IdentityEvents { Visitor = lane.Key.Item1, User = lane.Key.Item2, Events = lane.Value.DrainToImmutable() })];
    }
}
