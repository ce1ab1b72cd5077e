using Microsoft.Extensions.Logging;
using Orleans.Placement;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Stamping;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Visitors;

/// <summary>
/// One browser between two resets. Calls run one after the other, so an append follows the lane's former append and whatever
/// arrives during a merge waits for it.
/// </summary>
[GrainType("visitor")]
[PreferLocalPlacement]
internal sealed partial class VisitorGrain(
    [PersistentState("visitor", SpidCluster.StateProvider)] IPersistentState<VisitorState> state,
    IOutbox outbox,
    ClusterSettings settings,
    TimeProvider clock,
    ILogger<VisitorGrain> logger) : Grain, IVisitorGrain
{
    private readonly RecentEvents _recent = new();
    private VisitorId _id;
    private LaneGauges _gauges;
    private LaneClock _laneClock;
    private long _latestEventMs;

    private VisitorState State => state.State;

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (!VisitorId.TryParse(this.GetPrimaryKeyString()[2..], out _id))
            throw new ArgumentException("a visitor grain's key is v: and a UUID version 4");
        return Task.CompletedTask;
    }

    public async Task<VisitorSession> GetSessionAsync()
    {
        await FinishMergeAsync();
        if (State.Successor is { } successor) return await Visitor(successor).GetSessionAsync();

        var now = clock.GetUtcNow();
        if (State.SessionExpiresAt is not { } expiresAt || expiresAt <= now) return new VisitorSession { VisitorId = _id };

        // Sliding, but not a write per look: an eighth of the lifetime may pass first.
        if (expiresAt - now < settings.SessionLifetime * 0.875)
        {
            expiresAt = now + settings.SessionLifetime;
            await WriteAsync(State with { SessionExpiresAt = expiresAt });
        }

        return new VisitorSession { VisitorId = _id, UserId = State.LinkedUser, ExpiresAt = expiresAt };
    }

    public async Task<VisitorId> GetCurrentAsync() =>
        State.Successor is { } successor ? await Visitor(successor).GetCurrentAsync() : _id;

    public async Task<VisitorDescription> DescribeAsync(string project)
    {
        await FinishMergeAsync();
        // A linked visitor's events wait in its user's lane.
        var lane = await outbox.ReadLaneAsync(LaneOf(project, State.LinkedUser?.Key ?? _id.Key), CancellationToken.None);
        return new VisitorDescription { UserId = State.LinkedUser, Pending = lane.Pending };
    }

    private Lane LaneOf(string project, string identity) => new(Shard.Of(project, identity, settings.ShardsOf(project)), identity);

    private IVisitorGrain Visitor(VisitorId id) => GrainFactory.GetVisitor(id);

    private IUserGrain User(UserId id) => GrainFactory.GetUser(id);

    private LinkedVisitor Linked(bool carriesLogin = false) => new()
    {
        VisitorId = _id,
        LinkedAtMs = State.LinkedAtMs,
        Tracking = State.Tracking,
        CarriesLogin = carriesLogin,
    };

    private Task WriteAsync(VisitorState next) => this.WriteAsync(state, next, logger);
}
