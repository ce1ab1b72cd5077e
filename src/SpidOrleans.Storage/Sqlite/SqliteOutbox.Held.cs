using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.Sqlite;

internal sealed partial class SqliteOutbox
{
    private const string VersionSql =
        "SELECT version FROM orleans_state WHERE service = ? AND state = ? AND n0 = 0 AND n1 = 0 AND extension = ?";

    private const string HoldSql = "INSERT INTO held (project, identity, time, payload, held_at) VALUES (?, ?, ?, ?, ?)";

    private const string ReadReleasedSql = "SELECT id, project, time, payload FROM held INDEXED BY held_by_identity WHERE identity = ? ORDER BY id LIMIT ?";

    private const string TakeHeldSql = "DELETE FROM held WHERE id = ?";

    private const string RenameHeldSql = "UPDATE held SET identity = ? WHERE identity = ?";

    private const string LetGoSql =
        "DELETE FROM held WHERE id IN (SELECT id FROM held INDEXED BY held_by_age WHERE held_at < ? ORDER BY held_at LIMIT ?)";

    private const string ReadHeldLaneSql = "SELECT count(*), max(time) FROM held INDEXED BY held_by_identity WHERE identity = ? AND project = ?";

    private const string ReadLatestHeldSql = "SELECT max(time) FROM held INDEXED BY held_by_identity WHERE identity = ?";

    private const string ReadHeldSql =
        "SELECT id, payload FROM held INDEXED BY held_by_identity WHERE identity = ? AND project = ? AND id > ? ORDER BY id LIMIT ?";

    private const string EraseHeldSql = "DELETE FROM held WHERE identity = ?";

    private const string EraseNamedHeldSql = "DELETE FROM held WHERE identity = ? AND instr(payload, ?) > 0";

    public Task<IReadOnlyList<OutboxRow>> ReadHeldAsync(Lane lane, long after, int rowsMax, int bytesMax, CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<OutboxRow>>(
            database => database.Reader,
            session => Read(session.Prepare(ReadHeldSql).Bind(1, lane.Identity).Bind(2, lane.Shard.Project).Bind(3, after).Bind(4, rowsMax), bytesMax),
            cancellationToken);

    private bool Hold(SqliteSession session, HoldOperation operation)
    {
        if (IsClosed(session, operation.Lane.Identity) || !IsCurrent(session, operation.State)) return false;
        foreach (var item in operation.Events) Hold(session, operation.Lane, item);
        return true;
    }

    private void Hold(SqliteSession session, Lane lane, OutboxEvent item) => session.Prepare(HoldSql)
        .Bind(1, lane.Shard.Project).Bind(2, lane.Identity).Bind(3, item.TimeMs).Bind(4, item.Payload.Span).Bind(5, clock.GetUtcNow().ToUnixTimeMilliseconds())
        .Run();

    private bool IsCurrent(SqliteSession session, StateVersion state)
    {
        var statement = session.Prepare(VersionSql).Bind(1, service).Bind(2, state.State).Bind(3, state.Key);
        var version = statement.Step() ? statement.Int64(0) : 0;
        statement.Reset();
        return version == state.Version;
    }

    private static int Release(SqliteSession session, ReleaseOperation operation)
    {
        // A person's events and changes of its profile have an order among each other, too.
        var oldest = operation.Identities.SelectMany(identity => ReadReleased(session, identity, ReleaseOperation.RowsMax, ReleaseOperation.BytesMax))
            .OrderBy(held => held.Id).Take(ReleaseOperation.RowsMax);
        var touched = new HashSet<Shard>();
        var released = 0;
        long bytes = 0;
        foreach (var held in oldest)
        {
            bytes += held.Event.Payload.Length;
            if (bytes > ReleaseOperation.BytesMax && released > 0) break;
            Release(session, held.Id, operation.LaneOf(held.Project, held.Identity), held.Event);
            touched.Add(operation.LaneOf(held.Project, held.Identity).Shard);
            released++;
        }

        operation.Touched = touched;
        return released;
    }

    private static void Release(SqliteSession session, long id, Lane lane, OutboxEvent item)
    {
        Insert(PrepareInsert(session, lane.Shard, lane.Identity), item);
        session.Prepare(TakeHeldSql).Bind(1, id).Run();
    }

    /// <summary>Stops after the row with which the payloads' sum reaches the limit.</summary>
    private static List<HeldRow> ReadReleased(SqliteSession session, string identity, int rowsMax, long bytesMax)
    {
        var rows = new List<HeldRow>();
        var statement = session.Prepare(ReadReleasedSql).Bind(1, identity).Bind(2, rowsMax);
        for (var bytes = 0L; bytes <= bytesMax && statement.Step(); bytes += statement.Bytes(3))
            rows.Add(new HeldRow(statement.Int64(0), statement.Text(1), identity, new OutboxEvent(statement.Int64(2), statement.Blob(3))));
        statement.Reset();
        return rows;
    }

    private static int LetGo(SqliteSession session, LetGoOperation operation) =>
        session.Prepare(LetGoSql).Bind(1, operation.HeldBeforeMs).Bind(2, operation.Max).Run();

    private sealed record HeldRow(long Id, string Project, string Identity, OutboxEvent Event);
}
