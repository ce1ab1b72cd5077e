using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Placement;
using SpidOrleans.Cluster.Erasure;
using SpidOrleans.Cluster.Merging;
using SpidOrleans.Cluster.Operations;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Stamping;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Cluster.Users;

/// <summary>
/// The one sequencer of a person: whatever device or back end an event comes from, it passes here, one call after the
/// other. It calls nobody but the outbox, so visitors that wait for it cannot wait in a circle.
/// </summary>
[GrainType("user")]
[PreferLocalPlacement]
internal sealed partial class UserGrain(
    [PersistentState(SpidCluster.UserState, SpidCluster.StateProvider)] IPersistentState<UserState> state,
    IOutbox outbox,
    Erasures erasures,
    ClusterSettings settings,
    TimeProvider clock,
    ILogger<UserGrain> logger) : Grain, IUserGrain, IUserTelling
{
    private readonly RecentEvents _recent = new();
    private UserId _id;
    private LaneGauges _gauges;
    private LaneGauges _profileGauges;
    private LaneClock _laneClock;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (!UserId.TryParse(this.GetPrimaryKeyString()[2..], out _id)) throw new ArgumentException("a user grain's key is u: and a user id");
        return Task.CompletedTask;
    }

    public async Task<TrackOutcome> TrackAsync(EventSource source, ImmutableArray<TrackedEvent> events, LinkedVisitor? visitor)
    {
        if (_isErased) return TrackOutcome.Erased;
        if (IsTrackingRefused) return TrackOutcome.Discarded;
        if (await FinishReleaseAsync() is var release and not TrackOutcome.Stored) return release;
        var origin = visitor is null ? source.Project : $"{source.Project}/{visitor.VisitorId}";
        if (_recent.Unknown(origin, events) is not { IsEmpty: false } unknown) return TrackOutcome.Stored;

        var lane = LaneOf(source.Project);
        var gauge = _gauges.Of(source.Project, settings, clock);
        var identification = IdentificationOf(source.Project, visitor);
        try
        {
            // Whoever signs in or out need not care whether Mixpanel is there.
            var isAdmitted = visitor is { CarriesLogin: true } || await gauge.HasRoomAsync(unknown.Length, outbox, lane, CancellationToken.None);
            if (!isAdmitted) return TrackOutcome.LaneFull;
            var stamped = StampAll(source, unknown, visitor, identification);
            if (!await PutAsync(lane, stamped)) return await RefusedAsync();
            gauge.Appended(stamped.Length);
        }
        catch (OutboxUnavailableException)
        {
            gauge.Forget();
            return TrackOutcome.Unavailable;
        }

        _recent.Add(origin, unknown);
        await NoteAsync(identification, source.Project, visitor);
        return TrackOutcome.Stored;
    }

    public Task<UserProfile> GetProfileAsync() => Task.FromResult(state.State.Profile);

    public Task<UserAccount> GetAccountAsync() => Task.FromResult(
        new UserAccount { Profile = state.State.Profile, Agreements = state.State.Agreements, IsTrackingRefused = IsTrackingRefused });

    public async Task AcceptAgreementAsync(string clientId)
    {
        if (!await IsErasedAsync()) await WriteAsync(state.State.Accepting(clientId));
    }

    public async Task<UserDescription> DescribeAsync(string project)
    {
        var lane = await outbox.ReadLaneAsync(LaneOf(project), CancellationToken.None);
        return new UserDescription { Visitors = state.State.Visitors, Pending = lane.Pending, Profile = state.State.Profile };
    }

    private OutboxEvent[] StampAll(EventSource source, ImmutableArray<TrackedEvent> events, LinkedVisitor? visitor, Identification? identification)
    {
        var times = _laneClock.TimesOf(events.AsSpan(), NowMs);
        var visitorsTraits = visitor?.Traits?.Of(source.ClientId);
        var traits = TraitsOf(source.ClientId) is { } own ? visitorsTraits is null ? own : own.Joined(visitorsTraits) : visitorsTraits;
        var isOriginal = settings.HasOriginalIdMerge(source.Project);
        var first = identification is Identification.Due ? 1 : 0;
        var stamped = new OutboxEvent[first + events.Length];
        if (first > 0) stamped[0] = IdentifyWriter.Write(_id, visitor!);
        for (var i = 0; i < events.Length; i++)
        {
            var stamp = Stamp.For(events[i], times[i], _id, state.State.Profile, visitor, traits, visitorsTraits, isOriginal);
            stamped[first + i] = new OutboxEvent(times[i], EventWriter.Write(source, events[i], stamp));
        }

        return stamped;
    }

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private Lane LaneOf(string project) =>
        new(Shard.Of(project, _id.Key, settings.ShardsOf(project)), _id.Key);

    /// <summary>A repeat costs nothing.</summary>
    private Task WriteAsync(UserState next) => next == state.State ? Task.CompletedTask : this.WriteAsync(state, next, logger);
}
