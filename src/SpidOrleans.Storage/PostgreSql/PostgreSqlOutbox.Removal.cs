using Npgsql;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.PostgreSql;

internal sealed partial class PostgreSqlOutbox
{
    // The shard is checked too, so that a mixed-up caller removes nothing. Moved rows have new positions.
    private const string RemoveSql =
        "DELETE FROM outbox USING unnest($1, $2) AS done (shard, position) WHERE outbox.shard = done.shard AND outbox.position = done.position";

    private const string BurySql =
        """
        WITH gone AS (
          DELETE FROM outbox USING unnest($2, $3) AS refused (position, reason)
          WHERE outbox.shard = $1 AND outbox.position = refused.position
          RETURNING outbox.position, identity, time, payload, reason)
        INSERT INTO dead_letter (project, identity, time, payload, reason, refused_at)
        SELECT $4, identity, time, payload, reason, $5 FROM gone ORDER BY position
        """;

    private static NpgsqlBatchCommand Remove(List<RemoveOperation> operations)
    {
        var rows = operations
            .SelectMany(operation => operation.Positions, (operation, position) => (Shard: operation.Shard.Key, Position: position)).ToArray();
        // Rows are locked in this order: two emitters of one shard then wait for each other, in one direction only.
        Array.Sort(rows, (a, b) => string.CompareOrdinal(a.Shard, b.Shard) is not 0 and var shards ? shards : a.Position.CompareTo(b.Position));
        return Command(RemoveSql, Value(Array.ConvertAll(rows, row => row.Shard)), Value(Array.ConvertAll(rows, row => row.Position)));
    }

    private NpgsqlBatchCommand Bury(BuryOperation operation) => Command(
        BurySql, Value(operation.Shard.Key),
        Value(operation.Refused.Select(row => row.Position).ToArray()), Value(operation.Refused.Select(row => row.Reason).ToArray()),
        Value(operation.Shard.Project), Value(clock.GetUtcNow().ToUnixTimeMilliseconds()));
}
