using SpidOrleans.Cluster;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Storage.Sqlite;

internal sealed partial class SqliteOutbox
{
    private const string ReadVisitorsSql = "SELECT identity FROM closed_identity WHERE successor = ?";
    private const string EraseLettersSql = "DELETE FROM dead_letter WHERE identity = ?";
    private const string EraseNamedSql = "DELETE FROM outbox WHERE position IN (SELECT position FROM outbox INDEXED BY outbox_by_identity WHERE identity = ? AND instr(payload, ?) > 0)";
    private const string EraseNamedLettersSql = "DELETE FROM dead_letter WHERE identity = ? AND instr(payload, ?) > 0";

    private const string EraseStateSql =
        "DELETE FROM orleans_state WHERE service = ? AND state = '" + SpidCluster.UserState + "' AND n0 = 0 AND n1 = 0 AND extension = ?";

    // A higher version: whoever has the state in memory finds that it is another one.
    private const string BuryStateSql =
        "INSERT INTO orleans_state (service, state, n0, n1, extension, version, payload) VALUES (?, '" + SpidCluster.VisitorState + "', 0, 0, ?, 1, ?) "
        + "ON CONFLICT (service, state, n0, n1, extension) DO UPDATE SET version = orleans_state.version + 1, payload = excluded.payload";

    private const string CloseForEverSql =
        "INSERT INTO closed_identity (identity, successor, moved) VALUES (?, '', 0) ON CONFLICT (identity) DO UPDATE SET successor = '', moved = 0";

    private const string AskDeletionSql = "INSERT INTO deletion (project, ids, attempts, due_at, asked_at) VALUES (?, ?, 0, ?, ?)";
    private const string KeepDeletionSql = "UPDATE deletion SET task = nullif(?, ''), attempts = ?, due_at = ? WHERE id = ?";
    private const string ForgetDeletionSql = "DELETE FROM deletion WHERE id = ?";

    private const string ReadDeletionsSql =
        "SELECT id, project, ids, coalesce(task, ''), attempts, due_at FROM deletion WHERE project = ? AND due_at <= ? ORDER BY due_at LIMIT ?";

    private const string ReadDeletionProjectsSql = "SELECT DISTINCT project FROM deletion WHERE due_at <= ?";

    public Task<bool> IsErasedAsync(UserId user, CancellationToken cancellationToken) =>
        AskAsync(database => database.Reader, session => IsClosed(session, user.Key), cancellationToken);

    public Task<IReadOnlyList<string>> ReadVisitorsAsync(UserId user, CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<string>>(database => database.Reader, session => ReadVisitors(session, user), cancellationToken);

    public Task<IReadOnlyList<Deletion>> ReadDeletionsAsync(string project, long dueMs, int max, CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<Deletion>>(
            database => database.Reader,
            session => ReadAll(
                session.Prepare(ReadDeletionsSql).Bind(1, project).Bind(2, dueMs).Bind(3, max),
                row => new Deletion(row.Int64(0), row.Text(1), row.Text(2), row.Text(3) is { Length: > 0 } task ? task : null, (int)row.Int64(4), row.Int64(5))),
            cancellationToken);

    public Task<IReadOnlyList<string>> ReadDeletionProjectsAsync(long dueMs, CancellationToken cancellationToken) => AskAsync<IReadOnlyList<string>>(
        database => database.Reader, session => ReadAll(session.Prepare(ReadDeletionProjectsSql).Bind(1, dueMs), row => row.Text(0)), cancellationToken);

    private Erased Erase(SqliteSession session, EraseOperation operation)
    {
        if (operation.Erasure is { User: { } user, IsOfPendingOnly: false } && ReadVisitors(session, user).Except(operation.Visitors).Any()) return new Erased(IsComplete: false);

        int events = 0, letters = 0;
        foreach (var identity in operation.Identities)
        {
            events += session.Prepare(DeleteIdentitySql).Bind(1, identity).Run();
            events += session.Prepare(EraseHeldSql).Bind(1, identity).Run();
            letters += session.Prepare(EraseLettersSql).Bind(1, identity).Run();
            if (!operation.Erasure.IsOfPendingOnly) session.Prepare(EraseStateSql).Bind(1, service).Bind(2, identity).Run();
        }

        foreach (var owner in operation.OwnerLanes)
        {
            foreach (var visitor in operation.Erasure.Visitors)
            {
                var device = System.Text.Encoding.UTF8.GetBytes($"\"{visitor}\"");
                events += session.Prepare(EraseNamedSql).Bind(1, owner).Bind(2, device).Run();
                events += session.Prepare(EraseNamedHeldSql).Bind(1, owner).Bind(2, device).Run();
                letters += session.Prepare(EraseNamedLettersSql).Bind(1, owner).Bind(2, device).Run();
            }
        }

        if (operation.Erasure.IsOfPendingOnly) return new Erased(IsComplete: true, events, letters);
        foreach (var visitor in operation.Visitors) session.Prepare(BuryStateSql).Bind(1, service).Bind(2, visitor).Bind(3, operation.Erasure.Tombstone.Span).Run();
        foreach (var closed in operation.Closed) session.Prepare(CloseForEverSql).Bind(1, closed).Run();
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var (project, ids) in operation.Erasure.Deletions) session.Prepare(AskDeletionSql).Bind(1, project).Bind(2, ids).Bind(3, now).Bind(4, now).Run();
        return new Erased(IsComplete: true, events, letters);
    }

    private static bool Keep(SqliteSession session, DeletionOperation operation)
    {
        var deletion = operation.Deletion;
        return operation.IsDone
            ? session.Prepare(ForgetDeletionSql).Bind(1, deletion.Id).Run() > 0
            : session.Prepare(KeepDeletionSql).Bind(1, deletion.Task ?? "").Bind(2, deletion.Attempts).Bind(3, deletion.DueAtMs).Bind(4, deletion.Id).Run() > 0;
    }

    private static List<string> ReadVisitors(SqliteSession session, UserId user) =>
        ReadAll(session.Prepare(ReadVisitorsSql).Bind(1, user.Key), row => row.Text(0));
}
