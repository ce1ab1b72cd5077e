using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Intake;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Reading;
using SpidOrleans.Web.Telemetry;

namespace SpidOrleans.Web.Intake;

/// <summary>Hands a request's events to the cluster, by identity.</summary>
public sealed class EventTracker(IIntake intake, AddressPrivacy addresses, ClientMetrics metrics)
{
    /// <summary>Events of one identity keep their order; identities are served side by side.</summary>
    /// <param name="events">At least one; each names a visitor or a user.</param>
    /// <param name="browserKey"><inheritdoc cref="IVisitorGrain.TrackAsync" path="/param[@name='browserKey']"/></param>
    /// <exception cref="ClusterUnavailableException">The cluster did not answer.</exception>
    public async Task<IntakeResult> TrackAsync(EventSource source, ImmutableArray<AddressedEvent> events, bool fromBrowser = false, KeyDigest? browserKey = null)
    {
        ImmutableArray<IdentityEvents> identities = events is [var one]
            ? [Of(one, [addresses.Of(one.Event)], browserKey)]
            : ByIdentity(events, browserKey);
        // Without an insert id of its own an event would be stamped anew, and count twice.
        var isRepeatable = events.All(addressed => addressed.Event.InsertId is not null);
        var result = await ClusterCall.OrUnavailableAsync(() => intake.TrackAsync(source, identities, fromBrowser), isRepeatable);
        metrics.Taken(source, events.Length, result);
        return result;
    }

    private ImmutableArray<IdentityEvents> ByIdentity(ImmutableArray<AddressedEvent> events, KeyDigest? browserKey)
    {
        var lanes = new Dictionary<(VisitorId?, UserId?), int>(events.Length);
        var places = new int[events.Length];
        for (var i = 0; i < places.Length; i++)
        {
            ref var lane = ref CollectionsMarshal.GetValueRefOrAddDefault(lanes, (events[i].VisitorId, events[i].UserId), out var isKnown);
            places[i] = isKnown ? lane : lane = lanes.Count - 1;
        }

        var identities = new IdentityEvents[lanes.Count];
        if (lanes.Count == events.Length)
        {
            for (var i = 0; i < places.Length; i++) identities[i] = Of(events[i], [addresses.Of(events[i].Event)], browserKey);
        }
        else
        {
            foreach (var lane in places.Select((place, i) => (Place: place, Event: events[i])).GroupBy(one => one.Place, one => one.Event))
                identities[lane.Key] = Of(lane.First(), [.. lane.Select(addressed => addresses.Of(addressed.Event))], browserKey);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(identities);
    }

    private static IdentityEvents Of(AddressedEvent addressed, ImmutableArray<TrackedEvent> events, KeyDigest? browserKey) =>
        new() { Visitor = addressed.VisitorId, User = addressed.UserId, Events = events, BrowserKey = browserKey };
}
