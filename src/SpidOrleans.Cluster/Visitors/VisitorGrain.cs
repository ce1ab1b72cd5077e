using SpidOrleans.Cluster.Lanes;
using SpidOrleans.Cluster.Operations;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Placement;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Visitors;

/// <summary>
/// One browser between two resets. Calls run one after the other, so an append follows the lane's former append and whatever
/// arrives during a merge waits for it.
/// </summary>
[GrainType("visitor")]
[KeyPlacement]
internal sealed partial class VisitorGrain(
    [PersistentState(SpidCluster.VisitorState, SpidCluster.StateProvider)] IPersistentState<VisitorState> state,
    VisitorServices services) : Grain, IVisitorGrain, IVisitorTelling
{
    private VisitorLane _lane = null!;

    private VisitorId Id => _lane.Visitor;

    private VisitorState State => state.State;

    private long NowMs => services.Clock.GetUtcNow().ToUnixTimeMilliseconds();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (!VisitorId.TryParse(this.GetPrimaryKeyString()[2..], out var id))
            throw new ArgumentException("a visitor grain's key is v: and a UUID version 4");
        _lane = services.Lanes.Attach(id);
        if (state.RecordExists) _lane.Close();
        // One for all of whom nothing is stored.
        else state.State = VisitorState.Empty;
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _lane?.Detach();
        return Task.CompletedTask;
    }

    public async Task<VisitorId> GetCurrentAsync() =>
        State.Successor is { } successor ? await Visitor(successor).GetCurrentAsync() : Id;

    public async Task<VisitorId?> FindCurrentAsync(KeyDigest key)
    {
        await FinishMergeAsync();
        return State.Successor is null ? Binding.Recognises(key) ? Id : null : IsAwaited(key) ? await GetCurrentAsync() : null;
    }

    public async Task<VisitorDescription> DescribeAsync(string project)
    {
        await FinishMergeAsync();
        // A linked visitor's events wait in its user's lane.
        var lane = await services.Outbox.ReadLaneAsync(LaneOf(project, State.LinkedUser?.Key ?? Id.Key), CancellationToken.None);
        return new VisitorDescription { UserId = State.LinkedUser, Pending = lane.Pending };
    }

    private Lane LaneOf(string project, string identity) => new(Shard.Of(project, identity, services.Settings.ShardsOf(project)), identity);

    private IVisitorGrain Visitor(VisitorId id) => GrainFactory.GetVisitor(id);

    private IUserGrain User(UserId id) => GrainFactory.GetUser(id);

    private LinkedVisitor Linked(bool carriesLogin = false) => new()
    {
        VisitorId = Id,
        LinkedAtMs = State.LinkedAtMs,
        Tracking = State.Tracking,
        CarriesLogin = carriesLogin,
        Traits = State.Traits,
        IsTrackingRefused = State.IsTrackingRefused,
        IsTrackingGranted = State.IsTrackingGranted,
    };

    /// <summary>Whoever appends from here on asks this grain.</summary>
    private Task WriteAsync(VisitorState next)
    {
        _lane.Close();
        if (!state.RecordExists) next = next with { StoredSinceMs = NowMs };
        return this.WriteAsync(state, next, services.Logger);
    }
}
