using Npgsql;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.PostgreSql;

internal sealed partial class PostgreSqlOutbox
{
    /// <summary>Recent segments that a shard may have before those that follow get an index: to look through so many takes a few
    /// milliseconds, and an index entry as long as the rest of an append.</summary>
    private const string RecentMax = "2000";

    // The planner may have seen the table empty, and would then walk through all of it: in turn it is left one way only. The
    // second is everybody else's, and stays.
    private const string IndexedWaySql = "SELECT set_config('enable_indexscan', 'off', true), set_config('enable_bitmapscan', 'on', true)";
    private const string RecentWaySql = "SELECT set_config('enable_indexscan', 'on', true), set_config('enable_bitmapscan', 'off', true)";

    private const string RecentSql = "FROM outbox WHERE shard || '' = ANY ($2) AND NOT is_indexed AND $1 = ANY (lanes)";
    private const string IndexedSql = "FROM outbox WHERE shard || '' = ANY ($2) AND is_indexed AND lanes @> ARRAY[$1]";

    private const string SummaryOfLaneSql =
        """
        SELECT count(*)::integer, max(event.time)
        FROM (SELECT live, lanes, times {0}) AS segment,
          unnest(segment.lanes, segment.times) WITH ORDINALITY AS event (lane, time, number)
        WHERE event.lane = $1 AND live & (1::bigint << (number - 1)::integer) <> 0
        """;

    private const string LockLaneSql = "SELECT shard, position, live, events, times, body {0} FOR UPDATE";

    private const string ReadProjectsSql = "SELECT name, shards FROM project";

    private const string ReadPendingLaneSql = "SELECT shard, position, live, events, times, body {0}";

    internal static readonly string[] ReadPendingSql = BothWays(ReadPendingLaneSql);

    internal static readonly string[] SummariseSql = BothWays(SummaryOfLaneSql), LockLanesSql = BothWays(LockLaneSql);

    public Task<LaneSummary> ReadLaneAsync(Lane lane, CancellationToken cancellationToken) =>
        SummariseAsync(lane.Identity, lane.Shard.Project, _ => Task.FromResult<string[]>([lane.Shard.Key]), cancellationToken);

    public Task<IReadOnlyList<OutboxRow>> ReadPendingAsync(Lane lane, long after, int rowsMax, int bytesMax, CancellationToken cancellationToken) =>
        OrUnavailableAsync<IReadOnlyList<OutboxRow>>(
            async () =>
            {
                await using var connection = await database.Source.OpenConnectionAsync(cancellationToken);
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
                var own = new SegmentIdentity(lane.Identity);
                var segments = await LookAsync(
                    connection, ReadPendingSql, lane.Identity, [lane.Shard.Key], reader => EventsOf(reader, own), cancellationToken);
                var bytes = 0L;
                return [.. segments.SelectMany(events => events).Where(item => item.Position > after).OrderBy(item => item.Position).Take(rowsMax)
                    .TakeWhile((item, i) => (bytes += item.Payload.Length) <= bytesMax || i == 0).Select(item => new OutboxRow(item.Position, item.Payload))];
            },
            cancellationToken);

    public async Task<long?> ReadLatestTimeAsync(string identity, CancellationToken cancellationToken) =>
        (await SummariseAsync(identity, null, connection => FindShardsAsync(connection, identity, cancellationToken), cancellationToken)).LatestTimeMs;

    private Task<LaneSummary> SummariseAsync(
        string identity, string? project, Func<NpgsqlConnection, Task<string[]>> shards, CancellationToken cancellationToken) =>
        OrUnavailableAsync(
            async () =>
            {
                await using var connection = await database.Source.OpenConnectionAsync(cancellationToken);
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
                var found = await LookAsync(
                    connection, SummariseSql, identity, await shards(connection), reader => new LaneSummary(reader.GetInt32(0), Time(reader, 1)), cancellationToken);
                var waiting = new LaneSummary(found.Sum(part => part.Pending), found.Max(part => part.LatestTimeMs));
                return waiting.With(await SummariseHeldAsync(connection, identity, project, cancellationToken));
            },
            cancellationToken);

    /// <summary>All that waits in an identity's lanes, by shard and position; nobody else may change it before the commit.</summary>
    private static async Task<List<StoredEvent>> LockLanesAsync(
        NpgsqlConnection writer, string identity, string[] shards, CancellationToken cancellationToken)
    {
        var own = new SegmentIdentity(identity);
        var segments = await LookAsync(writer, LockLanesSql, identity, shards, reader => EventsOf(reader, own), cancellationToken);
        var found = segments.SelectMany(events => events).ToList();
        found.Sort((a, b) => string.CompareOrdinal(a.Shard, b.Shard) is not 0 and var order ? order : a.Position.CompareTo(b.Position));
        return found;
    }

    /// <summary>Looks among the indexed segments, then among the recent ones.</summary>
    private static Task<List<T>> LookAsync<T>(
        NpgsqlConnection connection, string[] sql, string identity, string[] shards, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        LookAsync(connection, sql, SegmentBody.LaneOf(identity), shards, read, cancellationToken);

    /// <param name="lane">The first parameter of both statements: a lane's number, or several.</param>
    private static async Task<List<T>> LookAsync<TLane, T>(
        NpgsqlConnection connection, string[] sql, TLane lane, string[] shards, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new(IndexedWaySql), Command(sql[0], Value(lane), Value(shards)),
                new(RecentWaySql), Command(sql[1], Value(lane), Value(shards)),
            },
        };
        var found = new List<T>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        for (var result = 0; result < batch.BatchCommands.Count; result++, await reader.NextResultAsync(cancellationToken))
        {
            while (result % 2 == 1 && await reader.ReadAsync(cancellationToken)) found.Add(read(reader));
        }

        return found;
    }

    /// <summary>Where an identity's events are, by the shards that each project was given: they change only while none waits.</summary>
    private static async Task<string[]> FindShardsAsync(NpgsqlConnection connection, string identity, CancellationToken cancellationToken)
    {
        var shards = new List<string>();
        await using var command = new NpgsqlCommand(ReadProjectsSql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) shards.Add(Shard.Of(reader.GetString(0), identity, reader.GetInt32(1)).Key);
        return [.. shards];
    }

    /// <summary>What waits of a segment.</summary>
    /// <param name="reader">At shard, position, live, events, times, body.</param>
    /// <param name="identity">Whose alone; null for all.</param>
    private static List<StoredEvent> EventsOf(NpgsqlDataReader reader, SegmentIdentity? identity = null)
    {
        var (shard, position, live) = (reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2));
        var (times, body) = (reader.GetFieldValue<long[]>(4), new SegmentBody(reader.GetFieldValue<byte[]>(5), reader.GetInt16(3)));
        var found = new List<StoredEvent>();
        for (var i = 0; i < body.Count; i++)
        {
            if ((live & 1L << i) == 0 || identity is not null && !body.IsOf(i, identity)) continue;
            found.Add(new StoredEvent(shard, position * SegmentWriter.EventsMax + i, body.Identity(i), times[i], body.Payload(i)));
        }

        return found;
    }

    private static string[] BothWays(string sql) =>
        [sql.Replace("{0}", IndexedSql, StringComparison.Ordinal), sql.Replace("{0}", RecentSql, StringComparison.Ordinal)];
}
