using System.Collections.Immutable;
using System.Text;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Cluster.Operations;

internal sealed partial class ClusterOperations
{
    /// <summary>Payload bytes of one lane that are shown.</summary>
    private const int ShownBytesMax = 1 << 20;

    public async Task<PendingReport> ReadPendingAsync(ImmutableArray<string> identities) => await OrNullAsync(async cancellation =>
    {
        var lanes = identities.SelectMany(identity => settings.Projects.Keys.Order(StringComparer.Ordinal).Select(project => Lane.Of(project, identity, settings.ShardsOf(project)))).ToList();
        var events = new List<PendingEvent>();
        var count = 0;
        foreach (var lane in lanes)
        {
            var pending = (await outbox.ReadLaneAsync(lane, cancellation)).Pending;
            count += pending;
            if (pending == 0 || events.Count == OperationsLimits.PendingShown) continue;
            var rows = await outbox.ReadPendingAsync(lane, 0, OperationsLimits.PendingShown - events.Count, ShownBytesMax, cancellation);
            events.AddRange(rows.Select(row => Tell(lane, row)));
        }

        return new PendingReport { Events = [.. events], Count = count, IsCut = events.Count < count };
    }) ?? new PendingReport { IsUnavailable = true };

    public async Task<PendingReport> FindPendingAsync(string insertId) => await OrNullAsync(async cancellation =>
    {
        var wanted = Encoding.UTF8.GetBytes(insertId);
        var shards = await outbox.ReadShardsAsync(cancellation);
        var events = new List<PendingEvent>();
        var isCut = false;
        foreach (var shard in shards)
        {
            var found = await inspection.ReadFrontAsync(shard, OperationsLimits.PendingLookedAt, cancellation);
            isCut |= found.Count >= OperationsLimits.PendingLookedAt;
            events.AddRange(found.Where(item => EventHead.Read(item.Payload.Span).InsertId.SequenceEqual(wanted)));
        }

        return new PendingReport { Events = [.. events.Take(OperationsLimits.PendingShown)], IsCut = isCut };
    }) ?? new PendingReport { IsUnavailable = true };

    private static PendingEvent Tell(Lane lane, OutboxRow row) =>
        new(lane.Shard.Project, lane.Shard.Number, lane.Identity, row.Position, OutboxPayload.Unmarked(row.Payload));
}
