using System.Runtime.InteropServices;
using Npgsql;
using SpidOrleans.Cluster;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.PostgreSql;

internal sealed partial class PostgreSqlOutbox
{
    /// <summary>Identities share that many locks. Few enough to be taken with every group, enough that a move rarely holds up
    /// a stranger's append.</summary>
    private const int LockCount = 64;

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
    // Whoever is closed has a state, so one lookup for each identity is enough.
    internal const string AppendSql =
        $"""
        WITH refused AS MATERIALIZED (
          SELECT number::integer FROM unnest($10, $11) WITH ORDINALITY AS wanted (identity, is_stateless, number)
          WHERE CASE WHEN is_stateless
            THEN EXISTS (
              SELECT FROM orleans_state
              WHERE service = $12 AND state = '{SpidCluster.VisitorState}' AND n0 = 0 AND n1 = 0 AND extension = wanted.identity OFFSET 0)
            ELSE EXISTS (SELECT FROM closed_identity WHERE closed_identity.identity = wanted.identity OFFSET 0) END),
        appended AS (
          INSERT INTO outbox (shard, live, is_indexed, events, bytes, lanes, times, body)
          SELECT shard, live, is_indexed, events, bytes, ($7)[first : first + events - 1], ($8)[first : first + events - 1], body
          FROM (
            SELECT *, CASE WHEN EXISTS (SELECT FROM refused)
              THEN coalesce(
                (SELECT bit_or(1::bigint << n) FROM generate_series(0, events - 1) AS n WHERE ($9)[first + n] NOT IN (SELECT number FROM refused)), 0)
              ELSE ~((-1)::bigint << (events - 1) << 1) END AS live
            FROM unnest($1, $2, $3, $4, $5, $6) AS item (shard, is_indexed, events, bytes, first, body)) AS segment
          WHERE live <> 0
          RETURNING position)
        SELECT ARRAY(SELECT number FROM refused) AS refused, ARRAY(SELECT position FROM appended ORDER BY position) AS appended
        """;

    private const string RefusedColumn = "refused";

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
            if (operation is HoldOperation hold) shared[LockOf(hold.Lane.Identity)] = true;
            if (operation is ReleaseOperation release)
            {
                foreach (var identity in release.Identities) alone[LockOf(identity)] = true;
            }

            if (operation is MoveOperation move)
            {
                alone[LockOf(move.FromIdentity)] = true;
                shared[LockOf(move.ToIdentity)] = true;
            }

            if (operation is ReplayOperation replay)
            {
                foreach (var letter in replay.Letters) shared[LockOf(letter.Target)] = true;
            }

            if (operation is not EraseOperation erase) continue;
            foreach (var identity in erase.Identities.Concat(erase.OwnerLanes)) alone[LockOf(identity)] = true;
        }

        var (numbers, exclusive) = (new List<int>(LockCount), new List<bool>(LockCount));
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

    /// <summary>Any hash does that all silos agree on. A user's events and its profile have one lock.</summary>
    private static int LockOf(string identity) => Lane.Of("", identity, LockCount).Shard.Number;

    /// <param name="owners">Gets the number by which the statement refuses each operation.</param>
    private NpgsqlBatchCommand Append(List<AppendOperation> operations, List<int> owners, out SegmentWriter.Columns columns)
    {
        var segments = new SegmentWriter(IsBehind);
        // A lane may append twice in a group, by its visitor's silo and by its grain: the two are refused for different reasons.
        var wanted = new Dictionary<(string Identity, bool IfStateless), int>(operations.Count);
        foreach (var operation in operations)
        {
            var (shard, identity) = (operation.Lane.Shard.Key, operation.Lane.Identity);
            ref var owner = ref CollectionsMarshal.GetValueRefOrAddDefault(wanted, (identity, operation.IfStateless), out var isKnown);
            if (!isKnown) owner = wanted.Count;
            owners.Add(owner);
            for (var i = 0; i < operation.Events.Count; i++)
                segments.Add(shard, new SegmentEvent(identity, operation.Events[i].TimeMs, operation.Events[i].Payload), owner);
        }

        var (identities, stateless) = (new string[wanted.Count], new bool[wanted.Count]);
        foreach (var ((identity, ifStateless), owner) in wanted) (identities[owner - 1], stateless[owner - 1]) = (ClosedIdentity.KeyOf(identity), ifStateless);
        columns = segments.Finish();
        return Command(
            AppendSql, Value(columns.Shards), Value(columns.Indexed), Value(columns.Events), Value(columns.Bytes), Value(columns.Firsts), Value(columns.Bodies),
            Value(columns.Lanes), Value(columns.Times), Value(columns.Owners), Value(identities), Value(stateless), Value(service));
    }
}
