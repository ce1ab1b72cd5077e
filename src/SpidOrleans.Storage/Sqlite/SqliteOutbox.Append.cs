using SpidOrleans.Cluster;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.Sqlite;

internal sealed partial class SqliteOutbox
{
    private const string IsClosedSql = "SELECT 1 FROM closed_identity WHERE identity = ?";
    private const string HasStateSql =
        "SELECT 1 FROM orleans_state WHERE service = ? AND state = '" + SpidCluster.VisitorState + "' AND n0 = 0 AND n1 = 0 AND extension = ?";
    private const string InsertSql = "INSERT INTO outbox (shard, identity, time, payload) VALUES (?, ?, ?, ?)";

    private bool Append(SqliteSession session, AppendOperation operation)
    {
        if (IsClosed(session, operation.Lane.Identity)) return false;
        if (operation.IfStateless && HasState(session, operation.Lane.Identity)) return false;
        // What is bound stays bound from row to row.
        var insert = PrepareInsert(session, operation.Lane.Shard, operation.Lane.Identity);
        foreach (var item in operation.Events) Insert(insert, item);
        if (operation.Request is not null) operation.LastPosition = session.LastInsertedRow;
        return true;
    }

    private static bool IsClosed(SqliteSession session, string identity) => IsThere(session.Prepare(IsClosedSql).Bind(1, ClosedIdentity.KeyOf(identity)));

    private bool HasState(SqliteSession session, string identity) => IsThere(session.Prepare(HasStateSql).Bind(1, service).Bind(2, identity));

    private static bool IsThere(SqliteStatement statement)
    {
        var isThere = statement.Step();
        statement.Reset();
        return isThere;
    }

    private static SqliteStatement PrepareInsert(SqliteSession session, Shard shard, string identity) =>
        session.Prepare(InsertSql).Bind(1, shard.Key).Bind(2, identity);

    private static void Insert(SqliteStatement insert, OutboxEvent item) =>
        insert.Bind(3, item.TimeMs).Bind(4, item.Payload.Span).Run();
}
