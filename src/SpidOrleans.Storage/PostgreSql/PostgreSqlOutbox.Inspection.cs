using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Storage.PostgreSql;

internal sealed partial class PostgreSqlOutbox : IOutboxInspection
{
    /// <summary>Segments of one shard that are counted: up to 64 events each, read from at most so many pages.</summary>
    private const int CountedSegmentsMax = 4_000;

    private const int FrontSegmentsMax = 500;

    internal const string InspectSql =
        """
        WITH RECURSIVE found (shard) AS (
          (SELECT shard FROM outbox ORDER BY shard LIMIT 1)
          UNION ALL
          SELECT (SELECT shard FROM outbox WHERE shard > found.shard ORDER BY shard LIMIT 1) FROM found WHERE found.shard IS NOT NULL)
        SELECT shard, counted.events::integer, counted.segments::integer, (
          SELECT min(event.time) FROM (SELECT live, times FROM outbox WHERE outbox.shard = found.shard ORDER BY position LIMIT 1) AS oldest,
            unnest(oldest.times) WITH ORDINALITY AS event (time, number)
          WHERE live & (1::bigint << (number - 1)::integer) <> 0)
        FROM found, LATERAL (
          SELECT coalesce(sum(bit_count(live::bit(64))), 0) AS events, count(*) AS segments
          FROM (SELECT live FROM outbox WHERE outbox.shard = found.shard ORDER BY position LIMIT $1) AS segment) AS counted
        WHERE shard IS NOT NULL
        """;

    internal const string FrontSql = "SELECT shard, position, live, events, times, body FROM outbox WHERE shard = $1 ORDER BY position LIMIT $2";

    public async Task<IReadOnlyList<ShardWaiting>> InspectAsync(bool isCounted, CancellationToken cancellationToken)
    {
        var segmentsMax = isCounted ? CountedSegmentsMax : 0;
        return await ReadAllAsync(
            InspectSql,
            reader =>
            {
                var shard = Shard.Parse(reader.GetString(0));
                return new ShardWaiting(shard.Project, shard.Number, reader.GetInt32(1), reader.GetInt32(2) == segmentsMax, Time(reader, 3) ?? 0);
            },
            cancellationToken, Value(segmentsMax));
    }

    public async Task<IReadOnlyList<PendingEvent>> ReadFrontAsync(Shard shard, int rowsMax, CancellationToken cancellationToken)
    {
        // A segment has at least one event: no more of them than rows, and few of those that are full.
        var segments = await ReadAllAsync(FrontSql, reader => EventsOf(reader), cancellationToken, Value(shard.Key), Value(Math.Min(rowsMax, FrontSegmentsMax)));
        return [.. segments.SelectMany(events => events).Take(rowsMax)
            .Select(item => new PendingEvent(shard.Project, shard.Number, item.Identity, item.Position, OutboxPayload.Unmarked(item.Payload)))];
    }
}
