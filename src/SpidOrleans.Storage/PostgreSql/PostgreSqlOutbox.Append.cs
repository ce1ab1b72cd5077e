using System.Runtime.InteropServices;
using Npgsql;
using SpidOrleans.Cluster;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.PostgreSql;

internal sealed partial class PostgreSqlOutbox
{
    /// <summary>Identities share that many locks. Few enough that a thousand silos' transactions fit into PostgreSQL's lock
    /// table, enough that a move rarely holds up a stranger's append.</summary>
    private const int LockCount = 256;

    /// <summary>The first half of our advisory locks' names.</summary>
    private const int LockClass = 0x5350_6964;

    // In ascending order everywhere, so that no two transactions wait for each other.
    private const string LockSql =
        """
        SELECT CASE WHEN exclusive THEN pg_advisory_xact_lock($1, number) ELSE pg_advisory_xact_lock_shared($1, number) END
        FROM unnest($2, $3) AS wanted (number, exclusive)
        """;

    // One statement, and so one look at the identities: what is not stored is what is answered. OFFSET 0 keeps each lookup
    // one of its own: as a join, planned while the tables are small, it might walk through all of them when they are not.
    private const string AppendSql =
        $"""
        WITH closed AS MATERIALIZED (
          SELECT identity FROM unnest($5, $6) AS wanted (identity, is_stateless)
          WHERE EXISTS (SELECT FROM closed_identity WHERE closed_identity.identity = wanted.identity OFFSET 0)
            OR is_stateless AND EXISTS (
              SELECT FROM orleans_state
              WHERE service = $7 AND state = '{SpidCluster.VisitorState}' AND n0 = 0 AND n1 = 0 AND extension = wanted.identity OFFSET 0)),
        stored AS (
          INSERT INTO outbox (shard, identity, time, payload)
          SELECT shard, identity, time, payload
          FROM unnest($1, $2, $3, $4) WITH ORDINALITY AS item (shard, identity, time, payload, number)
          WHERE identity NOT IN (SELECT identity FROM closed)
          ORDER BY number)
        SELECT identity AS closed_identity FROM closed
        """;

    private const string ClosedColumn = "closed_identity";

    /// <summary>
    /// The fence between an activation that has been left behind and the merge that it knows nothing of. An append that has
    /// not committed when a move begins would neither be moved nor refused: so appends share their identities' locks, and a
    /// move has its visitor's alone.
    /// </summary>
    /// <returns>Null when the group neither appends nor moves.</returns>
    private static NpgsqlBatchCommand? Lock(IReadOnlyList<OutboxOperation> group)
    {
        Span<bool> shared = stackalloc bool[LockCount], alone = stackalloc bool[LockCount];
        shared.Clear();
        alone.Clear();
        foreach (var operation in group)
        {
            if (operation is AppendOperation append) shared[LockOf(append.Lane.Identity)] = true;
            if (operation is MoveOperation move) alone[LockOf(move.FromIdentity)] = true;
        }

        var (numbers, exclusive) = (new List<int>(group.Count), new List<bool>(group.Count));
        for (var number = 0; number < LockCount; number++)
        {
            if (!shared[number] && !alone[number]) continue;
            numbers.Add(number);
            exclusive.Add(alone[number]);
        }

        return numbers.Count == 0 ? null : Command(LockSql, Value(LockClass), Value(numbers), Value(exclusive));
    }

    /// <summary>For tests: what an append, and a move, of another silo holds until it commits.</summary>
    internal static string SharedLockSql(string identity) => $"SELECT pg_advisory_xact_lock_shared({LockClass}, {LockOf(identity)})";

    /// <inheritdoc cref="SharedLockSql"/>
    internal static string ExclusiveLockSql(string identity) => $"SELECT pg_advisory_xact_lock({LockClass}, {LockOf(identity)})";

    /// <summary>Any hash does that all silos agree on.</summary>
    private static int LockOf(string identity) => Shard.Of("", identity, LockCount).Number;

    private NpgsqlBatchCommand Append(List<AppendOperation> operations)
    {
        var rows = 0;
        foreach (var operation in operations) rows += operation.Events.Count;
        var (shards, identities, times, payloads) = (new string[rows], new string[rows], new long[rows], new byte[rows][]);
        // An identity may append twice in a group: it is asked about as strictly as any of them wants.
        var wanted = new Dictionary<string, bool>(operations.Count);
        var row = 0;
        foreach (var operation in operations)
        {
            var (shard, identity) = (operation.Lane.Shard.Key, operation.Lane.Identity);
            if (!wanted.TryAdd(identity, operation.IfStateless) && operation.IfStateless) wanted[identity] = true;
            foreach (var item in operation.Events)
            {
                (shards[row], identities[row], times[row], payloads[row]) = (shard, identity, item.TimeMs, Bytes(item.Payload));
                row++;
            }
        }

        return Command(
            AppendSql, Value(shards), Value(identities), Value(times), Value(payloads),
            Value(wanted.Keys.ToArray()), Value(wanted.Values.ToArray()), Value(service));
    }

    /// <summary>Nearly every payload is an array of its own already.</summary>
    private static byte[] Bytes(ReadOnlyMemory<byte> memory) =>
        MemoryMarshal.TryGetArray(memory, out var segment) && segment.Array is { } array && array.Length == memory.Length ? array : memory.ToArray();
}
