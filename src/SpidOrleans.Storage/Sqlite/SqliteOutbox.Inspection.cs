using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Storage.Sqlite;

internal sealed partial class SqliteOutbox : IOutboxInspection
{
    private const string FrontSql =
        "SELECT identity, position, payload FROM outbox INDEXED BY outbox_by_shard WHERE shard = ? ORDER BY position LIMIT ?";

    public Task<IReadOnlyList<PendingEvent>> ReadFrontAsync(Shard shard, int rowsMax, CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<PendingEvent>>(database => database.Reader, session => ReadFront(session, shard, rowsMax), cancellationToken);

    private static List<PendingEvent> ReadFront(SqliteSession session, Shard shard, int rowsMax)
    {
        var found = new List<PendingEvent>();
        var statement = session.Prepare(FrontSql).Bind(1, shard.Key).Bind(2, rowsMax);
        while (statement.Step())
        {
            ReadOnlyMemory<byte> payload = statement.Blob(2);
            found.Add(new PendingEvent(shard.Project, shard.Number, statement.Text(0), statement.Int64(1), OutboxPayload.Unmarked(payload)));
        }

        statement.Reset();
        return found;
    }
}
