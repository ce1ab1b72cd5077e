using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Storage.PostgreSql;

internal sealed partial class PostgreSqlOutbox : IOutboxInspection
{
    /// <summary>A segment has up to 64 events: few are enough where they are full, and more would be too much to read.</summary>
    private const int FrontSegmentsMax = 500;

    internal const string FrontSql = "SELECT shard, position, live, events, times, body FROM outbox WHERE shard = $1 ORDER BY position LIMIT $2";

    public async Task<IReadOnlyList<PendingEvent>> ReadFrontAsync(Shard shard, int rowsMax, CancellationToken cancellationToken)
    {
        var segments = await ReadAllAsync(FrontSql, reader => EventsOf(reader), cancellationToken, Value(shard.Key), Value(Math.Min(rowsMax, FrontSegmentsMax)));
        return [.. segments.SelectMany(events => events).Take(rowsMax)
            .Select(item => new PendingEvent(shard.Project, shard.Number, item.Identity, item.Position, OutboxPayload.Unmarked(item.Payload)))];
    }
}
