using Npgsql;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.PostgreSql;

internal sealed partial class PostgreSqlOutbox
{
    private const string ReadMovedSql = "SELECT moved FROM closed_identity WHERE identity = $1";

    private const string ReadShardsOfIdentitySql = "SELECT DISTINCT shard FROM outbox WHERE identity = $1";

    // Inserted anew, not updated: only an insert draws a position that was never used. The shard as an expression: the rows are
    // found by their identity, and no plan may walk through the whole shard for them.
    private const string MoveSql =
        """
        WITH gone AS (DELETE FROM outbox WHERE identity = $1 AND shard || '' = $2 RETURNING position, time, payload)
        INSERT INTO outbox (shard, identity, time, payload)
        SELECT $3, $4, time, payload FROM gone ORDER BY position
        """;

    private const string AppendLastSql = "INSERT INTO outbox (shard, identity, time, payload) VALUES ($1, $2, $3, $4)";

    private const string CloseSql = "INSERT INTO closed_identity (identity, successor, moved) VALUES ($1, $2, $3)";

    private static async Task<int> MoveAsync(NpgsqlConnection writer, MoveOperation operation, CancellationToken cancellationToken)
    {
        if (await ReadMovedAsync(writer, operation.FromIdentity, cancellationToken) is { } before)
        {
            operation.Touched = [];
            return before;
        }

        var touched = new HashSet<Shard> { operation.LastShard };
        var moved = 0;
        foreach (var shard in await ReadShardsAsync(writer, operation.FromIdentity, cancellationToken))
        {
            var target = operation.Target(shard.Project);
            await using var move = new NpgsqlCommand(MoveSql, writer)
            {
                Parameters = { Value(operation.FromIdentity), Value(shard.Key), Value(target.Key), Value(operation.ToIdentity) },
            };
            moved += await move.ExecuteNonQueryAsync(cancellationToken);
            touched.Add(target);
        }

        await using var end = new NpgsqlBatch(writer)
        {
            BatchCommands =
            {
                Command(AppendLastSql, Value(operation.LastShard.Key), Value(operation.ToIdentity), Value(operation.Last.TimeMs), Value(Bytes(operation.Last.Payload))),
                Command(CloseSql, Value(operation.FromIdentity), Value(operation.ToIdentity), Value(moved)),
            },
        };
        await end.ExecuteNonQueryAsync(cancellationToken);
        operation.Touched = touched;
        return moved;
    }

    private static async Task<int?> ReadMovedAsync(NpgsqlConnection writer, string identity, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ReadMovedSql, writer) { Parameters = { Value(identity) } };
        return (int?)await command.ExecuteScalarAsync(cancellationToken);
    }

    private static async Task<List<Shard>> ReadShardsAsync(NpgsqlConnection writer, string identity, CancellationToken cancellationToken)
    {
        var shards = new List<Shard>();
        await using var command = new NpgsqlCommand(ReadShardsOfIdentitySql, writer) { Parameters = { Value(identity) } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) shards.Add(Shard.Parse(reader.GetString(0)));
        return shards;
    }
}
