using System.Collections.Immutable;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Stamping;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Groups;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Cluster.Groups;

/// <summary>Nothing is stored of a group: this only puts what comes into one row.</summary>
[GrainType("group")]
internal sealed class GroupGrain(IOutbox outbox, ClusterSettings settings, TimeProvider clock) : Grain, IGroupGrain
{
    private LaneGauges _gauges;

    public async Task<TrackOutcome> ChangeAsync(EventSource source, GroupId group, ImmutableArray<ProfileUpdate> updates)
    {
        var identity = this.GetPrimaryKeyString();
        var lane = new Lane(Shard.Of(source.Project, identity, settings.ShardsOf(source.Project)), identity);
        var gauge = _gauges.Of(source.Project, settings, clock);
        try
        {
            if (!await gauge.HasRoomAsync(updates.Length, outbox, lane, CancellationToken.None)) return TrackOutcome.LaneFull;
            var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            if (!await outbox.AppendAsync(lane, [.. updates.Select(update => new OutboxEvent(now, ProfileWriter.Write(group, update)))])) return TrackOutcome.Unavailable;
            gauge.Appended(updates.Length);
            return TrackOutcome.Stored;
        }
        catch (OutboxUnavailableException)
        {
            gauge.Forget();
            return TrackOutcome.Unavailable;
        }
    }
}
