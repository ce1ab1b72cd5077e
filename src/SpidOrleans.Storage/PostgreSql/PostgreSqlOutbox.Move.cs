using Npgsql;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.PostgreSql;

internal sealed partial class PostgreSqlOutbox
{
    // Both in one look: whose identity was moved before, and whose is erased.
    private const string ReadMovedSql =
        """
        SELECT CASE WHEN closed.successor = '' OR identity <> $1 THEN -1 ELSE moved END
        FROM closed_identity AS closed WHERE identity = ANY (ARRAY[$1, $2]) ORDER BY identity <> $1
        """;

    private const string InsertSql =
        """
        INSERT INTO outbox (shard, live, is_indexed, events, bytes, lanes, times, body)
        SELECT shard, ~((-1)::bigint << (events - 1) << 1), is_indexed, events, bytes, ($7)[first : first + events - 1], ($8)[first : first + events - 1], body
        FROM unnest($1, $2, $3, $4, $5, $6) AS item (shard, is_indexed, events, bytes, first, body)
        """;

    private const string CloseSql = "INSERT INTO closed_identity (identity, successor, moved) VALUES ($1, $2, $3)";

    private async Task<int> MoveAsync(NpgsqlConnection writer, MoveOperation operation, CancellationToken cancellationToken)
    {
        if (await ReadMovedAsync(writer, operation, cancellationToken) is { } before)
        {
            operation.Touched = [];
            return before;
        }

        var shards = await FindShardsAsync(writer, operation.FromIdentity, cancellationToken);
        var moved = await LockLanesAsync(writer, operation.FromIdentity, shards, cancellationToken);
        var touched = new HashSet<Shard>();
        var segments = new SegmentWriter(IsBehind);
        foreach (var item in moved) Put(operation.Target(Shard.Parse(item.Shard).Project), operation.ToIdentity, item.TimeMs, item.Payload);
        if (operation.Last is { } last) Put(operation.LastShard, operation.ToIdentity, last.TimeMs, last.Payload);
        foreach (var (lane, item) in operation.Also) Put(lane.Shard, lane.Identity, item.TimeMs, item.Payload);

        if (moved.Count > 0) await new SegmentRemoval(moved.Select(item => (item.Shard, item.Position))).CarryOutSinglyAsync(writer, cancellationToken);
        await using var end = new NpgsqlBatch(writer)
        {
            BatchCommands =
            {
                Insert(segments),
                Command(CloseSql, Value(operation.FromIdentity), Value(operation.ToIdentity), Value(moved.Count)),
            },
        };
        await end.ExecuteNonQueryAsync(cancellationToken);
        operation.Touched = touched;
        return moved.Count;

        void Put(Shard shard, string identity, long timeMs, ReadOnlyMemory<byte> payload)
        {
            segments.Add(shard.Key, new SegmentEvent(identity, timeMs, payload));
            touched.Add(shard);
        }
    }

    private static NpgsqlBatchCommand Insert(SegmentWriter segments)
    {
        var columns = segments.Finish();
        return Command(
            InsertSql, Value(columns.Shards), Value(columns.Indexed), Value(columns.Events), Value(columns.Bytes), Value(columns.Firsts),
            Value(columns.Bodies), Value(columns.Lanes), Value(columns.Times));
    }

    private static async Task<int?> ReadMovedAsync(NpgsqlConnection writer, MoveOperation operation, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ReadMovedSql, writer)
        {
            Parameters = { Value(operation.FromIdentity), Value(ClosedIdentity.KeyOf(operation.ToIdentity)) },
        };
        return (int?)await command.ExecuteScalarAsync(cancellationToken);
    }
}
