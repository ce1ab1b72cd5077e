using System.Collections.Immutable;
using SpidOrleans.Cluster.Lanes;
using SpidOrleans.Cluster.Outbox;
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
internal sealed class SiloIntake(SiloRing ring, VisitorLanes lanes, IOutbox outbox, LaneServiceClient others, IGrainFactory grains) : IIntake
{
    public Task<TrackOutcome> TrackAsync(EventSource source, ImmutableArray<IdentityEvents> events, bool fromBrowser = false) =>
        events is [var one] ? TrackAsync(source, one, fromBrowser) : TrackManyAsync(source, events, fromBrowser);

    /// <summary>Visitors that belong here, as their senders see it.</summary>
    public async Task<TrackOutcome> TrackOwnAsync(EventSource source, IReadOnlyList<IdentityEvents> events, bool fromBrowser)
    {
        var attempts = new LaneAttempt[events.Count];
        var appends = new List<AppendOperation>(events.Count);
        // One look at the clocks: they cost as much as a lane.
        var (nowMs, at) = (lanes.NowMs, lanes.Clock.GetTimestamp());
        for (var i = 0; i < attempts.Length; i++)
        {
            attempts[i] = lanes.Prepare(events[i].Visitor!.Value, source, events[i].Events, nowMs, at);
            if (attempts[i].Append is { } append) appends.Add(append);
        }

        if (appends.Count > 0 && !await TryAppendAsync(appends))
        {
            foreach (var attempt in attempts) attempt.Fail();
            return TrackOutcome.Unavailable;
        }

        var calls = new List<Task<TrackOutcome>>();
        for (var i = 0; i < attempts.Length; i++)
        {
            if (attempts[i].Finish(source.Project) is null) calls.Add(grains.GetVisitor(events[i].Visitor!.Value).TrackAsync(source, events[i].Events, fromBrowser, events[i].BrowserKey));
        }

        return calls.Count == 0 ? TrackOutcome.Stored : TrackOutcomes.Worst(await Task.WhenAll(calls));
    }

    private async Task<TrackOutcome> TrackOwnAsync(EventSource source, VisitorId visitor, IdentityEvents one, bool fromBrowser)
    {
        var attempt = lanes.Prepare(visitor, source, one.Events, lanes.NowMs, lanes.Clock.GetTimestamp());
        if (attempt.Append is { } append && !await TryAppendAsync([append]))
        {
            attempt.Fail();
            return TrackOutcome.Unavailable;
        }

        return attempt.Finish(source.Project) ?? await grains.GetVisitor(visitor).TrackAsync(source, one.Events, fromBrowser, one.BrowserKey);
    }

    private async ValueTask<bool> TryAppendAsync(IReadOnlyList<AppendOperation> appends)
    {
        try
        {
            await outbox.AppendManyAsync(appends).ConfigureAwait(false);
            return true;
        }
        catch (OutboxUnavailableException)
        {
            return false;
        }
    }

    private Task<TrackOutcome> TrackAsync(EventSource source, in IdentityEvents one, bool fromBrowser) =>
        one.Visitor is not { } visitor ? TrackUserAsync(source, one)
        : ring.IsOwn(visitor, out var owner) ? TrackOwnAsync(source, visitor, one, fromBrowser)
        : others.On(owner).TrackAsync(source, [one], fromBrowser);

    private async Task<TrackOutcome> TrackManyAsync(EventSource source, ImmutableArray<IdentityEvents> events, bool fromBrowser)
    {
        var calls = new List<Task<TrackOutcome>>();
        var own = new List<IdentityEvents>(events.Length);
        Dictionary<SiloAddress, ImmutableArray<IdentityEvents>.Builder>? elsewhere = null;
        foreach (var one in events)
        {
            if (one.Visitor is not { } visitor)
            {
                calls.Add(TrackUserAsync(source, one));
            }
            else if (ring.IsOwn(visitor, out var owner))
            {
                own.Add(one);
            }
            else
            {
                elsewhere ??= [];
                if (!elsewhere.TryGetValue(owner, out var there)) elsewhere[owner] = there = ImmutableArray.CreateBuilder<IdentityEvents>();
                there.Add(one);
            }
        }

        if (own.Count > 0) calls.Add(TrackOwnAsync(source, own, fromBrowser));
        foreach (var (owner, there) in elsewhere ?? []) calls.Add(others.On(owner).TrackAsync(source, there.DrainToImmutable(), fromBrowser));
        return TrackOutcomes.Worst(await Task.WhenAll(calls));
    }

    private Task<TrackOutcome> TrackUserAsync(EventSource source, in IdentityEvents one) =>
        one.User is { } user ? grains.GetUser(user).TrackAsync(source, one.Events)
        : throw new ArgumentException("the events name nobody", nameof(one));
}
