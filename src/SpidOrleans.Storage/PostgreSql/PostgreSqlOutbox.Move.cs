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

    // What is held goes along, and keeps its order.
    internal const string CloseSql =
        """
        WITH held AS (UPDATE held SET identity = $2 WHERE identity = $1 RETURNING id)
        INSERT INTO closed_identity (identity, successor, moved) SELECT $1, $2, $3 + (SELECT count(*)::integer FROM held) RETURNING moved
        """;

    private async Task<int> MoveAsync(NpgsqlConnection writer, MoveOperation operation, CancellationToken cancellationToken)
    {
        if (await ReadMovedAsync(writer, operation, cancellationToken) is { } before)
        {
            operation.Touched = [];
            return before;
        }

        if (operation.Held == HeldWith.Held && !await IsCurrentAsync(writer, operation.State, cancellationToken))
        {
            operation.Touched = [];
            return MoveOperation.IsStale;
        }

        var shards = await FindShardsAsync(writer, operation.FromIdentity, cancellationToken);
        var moved = await LockLanesAsync(writer, operation.FromIdentity, shards, cancellationToken);
        var touched = new HashSet<Shard>();
        var segments = new SegmentWriter(IsBehind);
        foreach (var item in moved) Put(operation.Target(Shard.Parse(item.Shard).Project), operation.ToIdentity, item.TimeMs, item.Payload);
        var released = 0;
        if (operation.Held == HeldWith.Released)
        {
            foreach (var held in await TakeHeldAsync(writer, operation.FromIdentity, cancellationToken))
            {
                Put(operation.Target(held.Project), operation.ToIdentity, held.TimeMs, held.Payload);
                released++;
            }
        }

        List<LaneEvent> follows = operation.Last is { } last ? [new(operation.LastLane, last), .. operation.Also] : [.. operation.Also];
        if (operation.Held != HeldWith.Held)
        {
            foreach (var (lane, item) in follows) Put(lane.Shard, lane.Identity, item.TimeMs, item.Payload);
        }

        if (moved.Count > 0) await new SegmentRemoval(moved.Select(item => (item.Shard, item.Position))).CarryOutSinglyAsync(writer, cancellationToken);
        await using var end = new NpgsqlBatch(writer)
        {
            BatchCommands = { Insert(segments), Command(CloseSql, Value(operation.FromIdentity), Value(operation.ToIdentity), Value(moved.Count + released)) },
        };
        if (operation.Held == HeldWith.Held) end.BatchCommands.Add(InsertHeld(follows));
        operation.Touched = touched;
        // Of the statements the second alone answers something.
        return (int)(await end.ExecuteScalarAsync(cancellationToken))!;

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
