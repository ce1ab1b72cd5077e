using System.Collections.Concurrent;
using System.Numerics;
using Npgsql;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.PostgreSql;

internal sealed partial class PostgreSqlOutbox
{
    // Summed there: what is not taken shall not cross the network; nor what is known here, unless it was changed there.
    internal const string ReadOldestSql =
        """
        SELECT position, live, events, body
        FROM (
          SELECT position, live, events, body,
            sum(events) OVER oldest - events AS events_before, sum(bytes) OVER oldest AS bytes, row_number() OVER oldest AS number
          FROM (
            SELECT position, live, events, bytes,
              CASE WHEN octet_length(body) IS DISTINCT FROM ($6)[array_position($5, position)] THEN body END AS body
            FROM outbox WHERE shard = $1
            ORDER BY position LIMIT $2) AS segment
          WINDOW oldest AS (ORDER BY position ROWS UNBOUNDED PRECEDING)) AS segment
        WHERE events_before < $3 AND bytes <= $4 OR number = 1
        ORDER BY position
        """;

    // Leaps from shard to shard: DISTINCT would walk over every pending row.
    internal const string ReadShardsSql =
        $"""
        WITH RECURSIVE found (shard) AS (
          (SELECT shard FROM outbox ORDER BY shard LIMIT 1)
          UNION ALL
          SELECT (SELECT shard FROM outbox WHERE shard > found.shard ORDER BY shard LIMIT 1) FROM found WHERE found.shard IS NOT NULL)
        SELECT shard, (
          SELECT count(*) > {RecentMax} FROM (
            SELECT FROM outbox WHERE outbox.shard || '' = found.shard AND NOT is_indexed LIMIT {RecentMax} + 1) AS recent)
        FROM found WHERE shard IS NOT NULL
        """;

    /// <summary>Segments looked at for a batch: more than enough, unless they have become much smaller.</summary>
    private const int SegmentsSpare = 16;

    private volatile HashSet<string> _behind = [];

    // Of what was last read of each shard: one project's large segments say nothing about another's.
    private readonly ConcurrentDictionary<Shard, double> _eventsPerSegment = new();

    public async Task<IReadOnlyList<OutboxRow>> ReadOldestAsync(Shard shard, int rowsMax, int bytesMax, CancellationToken cancellationToken)
    {
        var segmentsMax = (int)Math.Min(rowsMax, SegmentsSpare + 2.0 * rowsMax / _eventsPerSegment.GetValueOrDefault(shard, 1));
        var known = _recent.Of(shard.Key);
        var segments = await ReadAllAsync(
            ReadOldestSql,
            reader => (
                Position: reader.GetInt64(0), Live: reader.GetInt64(1), Events: reader.GetInt16(2),
                Body: reader.IsDBNull(3) ? known[reader.GetInt64(0)] : reader.GetFieldValue<byte[]>(3)),
            cancellationToken, Value(shard.Key), Value(segmentsMax), Value(rowsMax), Value((long)bytesMax),
            Value(known.Keys.ToArray()), Value(known.Values.Select(body => body.Length).ToArray()));
        _recent.Keep(shard.Key, known.Keys, segments.ConvertAll(segment => segment.Position));
        if (segments.Count > 0) _eventsPerSegment[shard] = segments.Average(segment => BitOperations.PopCount((ulong)segment.Live));

        var rows = new List<OutboxRow>();
        var bytes = 0L;
        foreach (var (position, live, events, body) in segments)
        {
            var segment = new SegmentBody(body, events);
            // Whole, if there is a choice: so it goes out as it is stored, and goes away at once.
            if (rows.Count > 0 && rows.Count + BitOperations.PopCount((ulong)live) > rowsMax) return rows;
            for (var i = 0; i < events; i++)
            {
                if ((live & 1L << i) == 0) continue;
                bytes += segment.PayloadLength(i);
                if (rows.Count == rowsMax || rows.Count > 0 && bytes > bytesMax) return rows;
                var at = position * SegmentWriter.EventsMax + i;
                rows.Add(segment.Pack is { } pack ? new OutboxRow(at, pack, i) : new OutboxRow(at, segment.Payload(i)));
            }
        }

        return rows;
    }

    public async Task<IReadOnlyList<Shard>> ReadShardsAsync(CancellationToken cancellationToken)
    {
        var shards = await ReadAllAsync(ReadShardsSql, reader => (Key: reader.GetString(0), IsBehind: reader.GetBoolean(1)), cancellationToken);
        _behind = [.. shards.Where(shard => shard.IsBehind).Select(shard => shard.Key)];
        return [.. shards.Select(shard => Shard.Parse(shard.Key))];
    }

    /// <summary>At the last look at all shards, this one had many recent segments.</summary>
    private bool IsBehind(string shard) => _behind.Contains(shard);

    private Task<List<T>> ReadAllAsync<T>(
        string sql, Func<NpgsqlDataReader, T> row, CancellationToken cancellationToken, params NpgsqlParameter[] parameters) =>
        OrUnavailableAsync(
            async () =>
            {
                var rows = new List<T>();
                await using var command = database.Source.CreateCommand(sql);
                foreach (var parameter in parameters) command.Parameters.Add(parameter);
                await using var reader = await command.ExecuteReaderAsync(cancellationToken);
                while (await reader.ReadAsync(cancellationToken)) rows.Add(row(reader));
                return rows;
            },
            cancellationToken);

    private static long? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);
}
