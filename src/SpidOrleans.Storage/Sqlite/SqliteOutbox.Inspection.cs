using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Storage.Sqlite;

internal sealed partial class SqliteOutbox : IOutboxInspection
{
    /// <summary>Of one shard: to count so many takes a few milliseconds.</summary>
    private const int CountedMax = 50_000;

    private const string CountSql = "SELECT count(*) FROM (SELECT 1 FROM outbox INDEXED BY outbox_by_shard WHERE shard = ? LIMIT ?)";
    private const string OldestTimeSql = "SELECT time FROM outbox INDEXED BY outbox_by_shard WHERE shard = ? ORDER BY position LIMIT 1";

    private const string FrontSql =
        "SELECT identity, position, payload FROM outbox INDEXED BY outbox_by_shard WHERE shard = ? ORDER BY position LIMIT ?";

    public Task<IReadOnlyList<ShardWaiting>> InspectAsync(bool isCounted, CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<ShardWaiting>>(
            database => database.Reader,
            session => [.. ReadShards(session).Select(shard => ReadBacklog(session, shard, isCounted))],
            cancellationToken);

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

    private static ShardWaiting ReadBacklog(SqliteSession session, Shard shard, bool isCounted)
    {
        var oldest = First(session.Prepare(OldestTimeSql).Bind(1, shard.Key));
        var pending = isCounted ? (int)First(session.Prepare(CountSql).Bind(1, shard.Key).Bind(2, CountedMax + 1)) : 0;
        return new ShardWaiting(shard.Project, shard.Number, Math.Min(pending, CountedMax), pending > CountedMax, oldest);
    }

    private static long First(SqliteStatement statement)
    {
        var value = statement.Step() ? statement.Int64(0) : 0;
        statement.Reset();
        return value;
    }
}
