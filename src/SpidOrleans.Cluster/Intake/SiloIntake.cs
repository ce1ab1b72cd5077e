using System.Collections.Immutable;
using SpidOrleans.Cluster.Lanes;
using SpidOrleans.Cluster.Placement;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Intake;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Intake;

/// <summary>
/// An event's way on the silo that took it: a user's goes to the user's grain, a visitor's to the silo that the visitor belongs
/// to, all of one request for one silo in one call. There it is appended to the visitor's lane, or, if anything is stored of the
/// visitor, handed to its grain.
/// </summary>
internal sealed class SiloIntake(SiloRing ring, VisitorLanes lanes, LaneServiceClient others, IGrainFactory grains) : IIntake
{
    public Task<TrackOutcome> TrackAsync(EventSource source, ImmutableArray<IdentityEvents> events, bool fromBrowser = false) =>
        events is [var one] ? TrackAsync(source, one, fromBrowser) : TrackManyAsync(source, events, fromBrowser);

    /// <summary>Visitors that belong here, as their senders see it.</summary>
    public async Task<TrackOutcome> TrackOwnAsync(EventSource source, ImmutableArray<IdentityEvents> events, bool fromBrowser)
    {
        var calls = new Task<TrackOutcome>[events.Length];
        for (var i = 0; i < calls.Length; i++) calls[i] = TrackOwnAsync(source, events[i].Visitor!.Value, events[i].Events, fromBrowser);
        return TrackOutcomes.Worst(await Task.WhenAll(calls));
    }

    private Task<TrackOutcome> TrackAsync(EventSource source, in IdentityEvents one, bool fromBrowser) =>
        one.Visitor is not { } visitor ? TrackUserAsync(source, one)
        : ring.IsOwn(visitor, out var owner) ? TrackOwnAsync(source, visitor, one.Events, fromBrowser)
        : others.On(owner).TrackAsync(source, [one], fromBrowser);

    private async Task<TrackOutcome> TrackManyAsync(EventSource source, ImmutableArray<IdentityEvents> events, bool fromBrowser)
    {
        var calls = new List<Task<TrackOutcome>>(events.Length);
        Dictionary<SiloAddress, ImmutableArray<IdentityEvents>.Builder>? elsewhere = null;
        foreach (var one in events)
        {
            if (one.Visitor is not { } visitor)
            {
                calls.Add(TrackUserAsync(source, one));
            }
            else if (ring.IsOwn(visitor, out var owner))
            {
                calls.Add(TrackOwnAsync(source, visitor, one.Events, fromBrowser));
            }
            else
            {
                elsewhere ??= [];
                if (!elsewhere.TryGetValue(owner, out var there)) elsewhere[owner] = there = ImmutableArray.CreateBuilder<IdentityEvents>();
                there.Add(one);
            }
        }

        foreach (var (owner, there) in elsewhere ?? []) calls.Add(others.On(owner).TrackAsync(source, there.DrainToImmutable(), fromBrowser));
        return TrackOutcomes.Worst(await Task.WhenAll(calls));
    }

    private async Task<TrackOutcome> TrackOwnAsync(EventSource source, VisitorId visitor, ImmutableArray<TrackedEvent> events, bool fromBrowser) =>
        await lanes.TrackAsync(visitor, source, events) ?? await grains.GetVisitor(visitor).TrackAsync(source, events, fromBrowser);

    private Task<TrackOutcome> TrackUserAsync(EventSource source, in IdentityEvents one) =>
        one.User is { } user ? grains.GetUser(user).TrackAsync(source, one.Events)
        : throw new ArgumentException("the events name nobody", nameof(one));
}
