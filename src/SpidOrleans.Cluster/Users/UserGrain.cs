using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Stamping;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Users;

/// <summary>
/// The one sequencer of a person: whatever device or back end an event comes from, it passes here, one call after the
/// other. It calls nobody but the outbox, so visitors that wait for it cannot wait in a circle.
/// </summary>
[GrainType("user")]
internal sealed partial class UserGrain(
    [PersistentState("user", SpidCluster.StateProvider)] IPersistentState<UserState> state,
    IOutbox outbox,
    ClusterSettings settings,
    TimeProvider clock,
    ILogger<UserGrain> logger) : Grain, IUserGrain
{
    private readonly Dictionary<string, LaneGauge> _gauges = new(1);
    private readonly RecentEvents _recent = new();
    private UserId _id;
    private LaneClock _laneClock;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (!UserId.TryParse(this.GetPrimaryKeyString()[2..], out _id)) throw new ArgumentException("a user grain's key is u: and a user id");
        return Task.CompletedTask;
    }

    public async Task<TrackOutcome> TrackAsync(EventSource source, ImmutableArray<TrackedEvent> events, LinkedVisitor? visitor)
    {
        if (_recent.Unknown(events) is not { IsEmpty: false } unknown) return TrackOutcome.Stored;

        var lane = LaneOf(source.Project);
        if (!_gauges.TryGetValue(source.Project, out var gauge)) _gauges.Add(source.Project, gauge = new LaneGauge(settings.PendingPerLane));
        try
        {
            if (!await gauge.HasRoomAsync(unknown.Length, outbox, lane, CancellationToken.None)) return TrackOutcome.LaneFull;
            var stamped = new OutboxEvent[unknown.Length];
            for (var i = 0; i < stamped.Length; i++) stamped[i] = StampOne(source, unknown[i], visitor);
            if (!await outbox.AppendAsync(lane, stamped)) return TrackOutcome.Unavailable;
            gauge.Appended(stamped.Length);
        }
        catch (OutboxUnavailableException)
        {
            gauge.Forget();
            return TrackOutcome.Unavailable;
        }

        _recent.Add(unknown);
        return TrackOutcome.Stored;
    }

    public async Task<AdoptResult> AdoptAsync(LinkedVisitor visitor, LoginRequest login)
    {
        // The profile first: the login event already carries it.
        if (login.Profile is { } profile) await SetProfileAsync(profile);

        var last = StampOne(login.Source, login.Event, visitor);
        int merged;
        try
        {
            merged = await outbox.MoveAsync(
                visitor.VisitorId.Key, _id.Key, settings.ShardsOf, login.Source.Project, last);
        }
        catch (OutboxUnavailableException)
        {
            return new AdoptResult { Outcome = TrackOutcome.Unavailable };
        }

        foreach (var gauge in _gauges.Values) gauge.Forget();
        await WriteAsync(state.State.Having(visitor.VisitorId));
        return new AdoptResult { Outcome = TrackOutcome.Stored, Merged = merged };
    }

    public Task SetProfileAsync(UserProfile profile) =>
        WriteAsync(state.State with { Profile = state.State.Profile.With(profile) });

    public Task<UserProfile> GetProfileAsync() => Task.FromResult(state.State.Profile);

    public async Task<UserDescription> DescribeAsync(string project)
    {
        var lane = await outbox.ReadLaneAsync(LaneOf(project), CancellationToken.None);
        return new UserDescription { Visitors = state.State.Visitors, Pending = lane.Pending, Profile = state.State.Profile };
    }

    private OutboxEvent StampOne(EventSource source, TrackedEvent e, LinkedVisitor? visitor)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (e.TimeMs is { } given) _laneClock.Observe(given, now);
        // A login's time is the link's at the earliest, so that it sorts after what the visitor did before.
        var earliest = visitor is { CarriesLogin: true } ? visitor.LinkedAtMs : 0;
        var time = e.TimeMs ?? _laneClock.Next(Math.Max(now, earliest));
        return new OutboxEvent(time, EventWriter.Write(source, e, Stamp.For(e, time, _id, state.State.Profile, visitor)));
    }

    private Lane LaneOf(string project) =>
        new(Shard.Of(project, _id.Key, settings.ShardsOf(project)), _id.Key);

    /// <summary>Writes the next state unless it is the present one; after a write of unknown outcome the grain leaves.</summary>
    private async Task WriteAsync(UserState next)
    {
        var before = state.State;
        if (next == before) return;
        state.State = next;
        try
        {
            await state.WriteStateAsync();
        }
        catch (Exception exception)
        {
            state.State = before;
            DeactivateOnIdle();
            LogStateNotWritten(logger, exception);
            throw;
        }
    }

    [LoggerMessage(EventId = 2301, Level = LogLevel.Warning, Message =
        "A user's state was not confirmed as stored; the grain reloads it and its caller is told to try again")]
    private static partial void LogStateNotWritten(ILogger logger, Exception exception);
}
