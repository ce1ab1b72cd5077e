using System.Collections.Immutable;
using SpidOrleans.Cluster.Lanes;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Placement;
using SpidOrleans.Cluster.Telemetry;
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
internal sealed class SiloIntake(SiloRing ring, VisitorLanes lanes, IOutbox outbox, LaneServiceClient others, LaneMetrics metrics, IGrainFactory grains) : IIntake
{
    public Task<IntakeResult> TrackAsync(EventSource source, ImmutableArray<IdentityEvents> events, bool fromBrowser = false) =>
        events is [var one] ? TrackAsync(source, one, fromBrowser) : TrackManyAsync(source, events, fromBrowser);

    /// <summary>Visitors that belong here, as their senders see it.</summary>
    public async Task<IntakeResult> TrackOwnAsync(EventSource source, IReadOnlyList<IdentityEvents> events, bool fromBrowser)
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
            return new(TrackOutcome.Unavailable);
        }

        var calls = new List<Task<IntakeResult>>();
        for (var i = 0; i < attempts.Length; i++)
        {
            if (attempts[i].Finish(source.Project) is null) calls.Add(AskGrainAsync(source, events[i].Visitor!.Value, events[i], fromBrowser));
        }

        return calls.Count == 0 ? new(TrackOutcome.Stored) : IntakeResult.Worst(await Task.WhenAll(calls));
    }

    private async Task<IntakeResult> TrackOwnAsync(EventSource source, VisitorId visitor, IdentityEvents one, bool fromBrowser)
    {
        var attempt = lanes.Prepare(visitor, source, one.Events, lanes.NowMs, lanes.Clock.GetTimestamp());
        if (attempt.Append is { } append && !await TryAppendAsync([append]))
        {
            attempt.Fail();
            return new(TrackOutcome.Unavailable);
        }

        return attempt.Finish(source.Project) is { } outcome ? new(outcome) : await AskGrainAsync(source, visitor, one, fromBrowser);
    }

    private async Task<IntakeResult> AskGrainAsync(EventSource source, VisitorId visitor, IdentityEvents one, bool fromBrowser) =>
        IntakeResult.Of(metrics.Note(await grains.GetVisitor(visitor).TrackAsync(source, one.Events, fromBrowser, one.BrowserKey), source.Project), one.Events.Length);

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

    private Task<IntakeResult> TrackAsync(EventSource source, in IdentityEvents one, bool fromBrowser) =>
        one.Visitor is not { } visitor ? TrackUserAsync(source, one)
        : ring.IsOwn(visitor, out var owner) ? TrackOwnAsync(source, visitor, one, fromBrowser)
        : others.On(owner).TrackAsync(source, [one], fromBrowser);

    private async Task<IntakeResult> TrackManyAsync(EventSource source, ImmutableArray<IdentityEvents> events, bool fromBrowser)
    {
        var calls = new List<Task<IntakeResult>>();
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
        return IntakeResult.Worst(await Task.WhenAll(calls));
    }

    private async Task<IntakeResult> TrackUserAsync(EventSource source, IdentityEvents one) =>
        one.User is { } user ? IntakeResult.Of(metrics.Note(await grains.GetUser(user).TrackAsync(source, one.Events), source.Project), one.Events.Length)
        : throw new ArgumentException("the events name nobody", nameof(one));
}
