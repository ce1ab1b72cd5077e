using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.Sqlite;

internal sealed partial class SqliteOutbox
{
    private const string ReadMovedSql = "SELECT CASE WHEN successor = '' THEN -1 ELSE moved END FROM closed_identity WHERE identity = ?";
    private const string CloseSql = "INSERT INTO closed_identity (identity, successor, moved) VALUES (?, ?, ?)";

    private const string ReadShardsOfIdentitySql =
        "SELECT DISTINCT shard FROM outbox INDEXED BY outbox_by_identity WHERE identity = ?";

    // Inserted anew, not updated: only an insert draws a position that was never used.
    private const string CopyToEndSql =
        """
        INSERT INTO outbox (shard, identity, time, payload)
        SELECT ?, ?, time, payload FROM outbox INDEXED BY outbox_by_identity
        WHERE identity = ? AND shard >= ? AND shard < ? ORDER BY position
        """;

    private const string DeleteIdentitySql = "DELETE FROM outbox WHERE identity = ?";

    private int Move(SqliteSession session, MoveOperation operation)
    {
        if (ReadMoved(session, operation.FromIdentity) is { } before)
        {
            operation.Touched = [];
            return before;
        }

        if (IsClosed(session, operation.ToIdentity))
        {
            operation.Touched = [];
            return MoveOperation.IsErased;
        }

        if (operation.Held == HeldWith.Held && !IsCurrent(session, operation.State))
        {
            operation.Touched = [];
            return MoveOperation.IsStale;
        }

        var touched = new HashSet<Shard>();
        if (operation.Last is not null && operation.Held != HeldWith.Held) touched.Add(operation.LastShard);
        var moved = 0;
        foreach (var project in ReadProjects(session, operation.FromIdentity))
        {
            var target = operation.Target(project);
            var (first, end) = ShardRange.Of(project);
            moved += session.Prepare(CopyToEndSql)
                .Bind(1, target.Key).Bind(2, operation.ToIdentity)
                .Bind(3, operation.FromIdentity).Bind(4, first).Bind(5, end).Run();
            touched.Add(target);
        }

        // Whatever the reason might be: rather fail than delete an event that was not copied.
        var deleted = session.Prepare(DeleteIdentitySql).Bind(1, operation.FromIdentity).Run();
        if (deleted != moved) throw new InvalidOperationException($"a move copied {moved} rows and would have deleted {deleted}");
        moved += MoveHeld(session, operation, touched);
        if (operation.Last is { } last) Follow(operation.LastLane, last);
        foreach (var (lane, item) in operation.Also) Follow(lane, item);

        session.Prepare(CloseSql).Bind(1, operation.FromIdentity).Bind(2, operation.ToIdentity).Bind(3, moved).Run();
        operation.Touched = touched;
        return moved;

        void Follow(Lane lane, OutboxEvent item)
        {
            if (operation.Held == HeldWith.Held)
            {
                Hold(session, lane, item);
                return;
            }

            Insert(PrepareInsert(session, lane.Shard, lane.Identity), item);
            touched.Add(lane.Shard);
        }
    }

    private static int MoveHeld(SqliteSession session, MoveOperation operation, HashSet<Shard> touched)
    {
        if (operation.Held != HeldWith.Released) return session.Prepare(RenameHeldSql).Bind(1, operation.ToIdentity).Bind(2, operation.FromIdentity).Run();
        var released = ReadReleased(session, operation.FromIdentity, int.MaxValue, long.MaxValue);
        foreach (var held in released)
        {
            var target = operation.Target(held.Project);
            Release(session, held.Id, new Lane(target, operation.ToIdentity), held.Event);
            touched.Add(target);
        }

        return released.Count;
    }

    private static int? ReadMoved(SqliteSession session, string identity)
    {
        var statement = session.Prepare(ReadMovedSql).Bind(1, identity);
        int? moved = statement.Step() ? (int)statement.Int64(0) : null;
        statement.Reset();
        return moved;
    }

    private static HashSet<string> ReadProjects(SqliteSession session, string identity)
    {
        var projects = new HashSet<string>();
        var statement = session.Prepare(ReadShardsOfIdentitySql).Bind(1, identity);
        while (statement.Step()) projects.Add(Shard.Parse(statement.Text(0)).Project);
        return projects;
    }
}
