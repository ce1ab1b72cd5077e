using Npgsql;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.PostgreSql;

internal sealed partial class PostgreSqlOutbox
{
    /// <summary>Of the payload of a row that is read without being weighed; the index <c>outbox_large</c> has the others.</summary>
    private const int SmallBytes = 4_000;

    // Up to the first large row. Weighing took as long as everything else in reading.
    private static readonly string ReadSmallSql =
        $"""
        SELECT position, payload FROM outbox
        WHERE shard = $1 AND position < coalesce(
          (SELECT position + 0 FROM outbox WHERE shard = $1 AND octet_length(payload) > {SmallBytes} ORDER BY position + 0 LIMIT 1),
          {long.MaxValue})
        ORDER BY position LIMIT $2
        """;

    // The bytes are summed there: what is not taken shall not cross the network. The size of a large value is known without
    // fetching it.
    private const string ReadOldestSql =
        """
        SELECT position, payload
        FROM (
          SELECT position, payload,
            sum(octet_length(payload)) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING) AS bytes,
            row_number() OVER (ORDER BY position ROWS UNBOUNDED PRECEDING) AS number
          FROM outbox WHERE shard = $1 ORDER BY position LIMIT $2) AS oldest
        WHERE bytes <= $3 OR number = 1
        ORDER BY position
        """;

    // The shard as an expression, so that no plan looks for the lane in the whole shard.
    private const string ReadLaneSql = "SELECT count(*)::integer, max(time) FROM outbox WHERE identity = $1 AND shard || '' = $2";

    private const string ReadLatestTimeSql = "SELECT max(time) FROM outbox WHERE identity = $1";

    // Leaps from shard to shard: DISTINCT would walk over every pending row.
    private const string ReadShardsSql =
        """
        WITH RECURSIVE found (shard) AS (
          (SELECT shard FROM outbox ORDER BY shard LIMIT 1)
          UNION ALL
          SELECT (SELECT shard FROM outbox WHERE shard > found.shard ORDER BY shard LIMIT 1) FROM found WHERE found.shard IS NOT NULL)
        SELECT shard FROM found WHERE shard IS NOT NULL
        """;

    public async Task<IReadOnlyList<OutboxRow>> ReadOldestAsync(
        Shard shard, int rowsMax, int bytesMax, CancellationToken cancellationToken)
    {
        if (Math.Min(rowsMax, bytesMax / SmallBytes) is > 0 and var count)
        {
            var small = await ReadAllAsync(ReadSmallSql, ReadRow, cancellationToken, Value(shard.Key), Value(count));
            if (small.Count > 0) return small;
        }

        return await ReadAllAsync(ReadOldestSql, ReadRow, cancellationToken, Value(shard.Key), Value(rowsMax), Value((long)bytesMax));
    }

    private static OutboxRow ReadRow(NpgsqlDataReader reader) => new(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1));

    public async Task<LaneSummary> ReadLaneAsync(Lane lane, CancellationToken cancellationToken) =>
        (await ReadAllAsync(
            ReadLaneSql, reader => new LaneSummary(reader.GetInt32(0), Time(reader, 1)),
            cancellationToken, Value(lane.Identity), Value(lane.Shard.Key)))[0];

    public async Task<long?> ReadLatestTimeAsync(string identity, CancellationToken cancellationToken) =>
        (await ReadAllAsync(ReadLatestTimeSql, reader => Time(reader, 0), cancellationToken, Value(identity)))[0];

    public Task<IReadOnlyList<Shard>> ReadShardsAsync(CancellationToken cancellationToken) =>
        ReadAllAsync(ReadShardsSql, reader => Shard.Parse(reader.GetString(0)), cancellationToken);

    private Task<IReadOnlyList<T>> ReadAllAsync<T>(
        string sql, Func<NpgsqlDataReader, T> row, CancellationToken cancellationToken, params NpgsqlParameter[] parameters) =>
        OrUnavailableAsync<IReadOnlyList<T>>(
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
