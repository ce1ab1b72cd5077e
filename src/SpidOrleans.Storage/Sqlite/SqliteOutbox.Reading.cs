using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.Sqlite;

internal sealed partial class SqliteOutbox
{
    // The indexes are named because nothing ever runs ANALYZE: without it the planner guesses between the two.
    private const string ReadOldestSql =
        "SELECT position, payload FROM outbox INDEXED BY outbox_by_shard WHERE shard = ? ORDER BY position LIMIT ?";

    private const string ReadLaneSql =
        "SELECT count(*), max(time) FROM outbox INDEXED BY outbox_by_identity WHERE identity = ? AND shard = ?";

    private const string ReadPendingSql =
        "SELECT position, payload FROM outbox INDEXED BY outbox_by_identity WHERE identity = ? AND shard = ? AND position > ? ORDER BY position LIMIT ?";

    private const string ReadLatestTimeSql =
        "SELECT max(time) FROM outbox INDEXED BY outbox_by_identity WHERE identity = ?";

    // Leaps from shard to shard: DISTINCT would walk over every pending row.
    private const string ReadShardsSql =
        """
        WITH RECURSIVE found (shard) AS (
          SELECT min(shard) FROM outbox
          UNION ALL
          SELECT (SELECT min(shard) FROM outbox WHERE shard > found.shard) FROM found WHERE found.shard IS NOT NULL)
        SELECT shard FROM found WHERE shard IS NOT NULL
        """;

    public Task<IReadOnlyList<OutboxRow>> ReadOldestAsync(
        Shard shard, int rowsMax, int bytesMax, CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<OutboxRow>>(database => database.Reader, session => ReadOldest(session, shard, rowsMax, bytesMax), cancellationToken);

    public Task<LaneSummary> ReadLaneAsync(Lane lane, CancellationToken cancellationToken) =>
        AskAsync(database => database.Reader, session => ReadLane(session, lane), cancellationToken);

    public Task<IReadOnlyList<OutboxRow>> ReadPendingAsync(Lane lane, long after, int rowsMax, int bytesMax, CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<OutboxRow>>(
            database => database.Reader,
            session => Read(session.Prepare(ReadPendingSql).Bind(1, lane.Identity).Bind(2, lane.Shard.Key).Bind(3, after).Bind(4, rowsMax), bytesMax),
            cancellationToken);

    public Task<long?> ReadLatestTimeAsync(string identity, CancellationToken cancellationToken) =>
        AskAsync(database => database.Reader, session => ReadLatestTime(session, identity), cancellationToken);

    public Task<IReadOnlyList<Shard>> ReadShardsAsync(CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<Shard>>(database => database.Reader, ReadShards, cancellationToken);

    private static List<OutboxRow> ReadOldest(SqliteSession session, Shard shard, int rowsMax, int bytesMax) =>
        Read(session.Prepare(ReadOldestSql).Bind(1, shard.Key).Bind(2, rowsMax), bytesMax);

    private static List<OutboxRow> Read(SqliteStatement statement, int bytesMax)
    {
        var rows = new List<OutboxRow>();
        long bytes = 0;
        while (statement.Step())
        {
            bytes += statement.Bytes(1);
            if (bytes > bytesMax && rows.Count > 0) break;
            rows.Add(new OutboxRow(statement.Int64(0), statement.Blob(1)));
        }

        statement.Reset();
        return rows;
    }

    private static LaneSummary ReadLane(SqliteSession session, Lane lane)
    {
        var statement = session.Prepare(ReadLaneSql).Bind(1, lane.Identity).Bind(2, lane.Shard.Key);
        statement.Step();
        var summary = new LaneSummary((int)statement.Int64(0), statement.IsNull(1) ? null : statement.Int64(1));
        statement.Reset();
        var held = session.Prepare(ReadHeldLaneSql).Bind(1, lane.Identity).Bind(2, lane.Shard.Project);
        held.Step();
        summary = summary.With(new LaneSummary((int)held.Int64(0), held.IsNull(1) ? null : held.Int64(1)));
        held.Reset();
        return summary;
    }

    private static long? ReadLatestTime(SqliteSession session, string identity) =>
        Later(ReadTime(session.Prepare(ReadLatestTimeSql).Bind(1, identity)), ReadTime(session.Prepare(ReadLatestHeldSql).Bind(1, identity)));

    private static long? Later(long? one, long? other) => one is null || other > one ? other : one;

    private static long? ReadTime(SqliteStatement statement)
    {
        statement.Step();
        long? latest = statement.IsNull(0) ? null : statement.Int64(0);
        statement.Reset();
        return latest;
    }

    private static List<Shard> ReadShards(SqliteSession session)
    {
        var shards = new List<Shard>();
        var statement = session.Prepare(ReadShardsSql);
        while (statement.Step()) shards.Add(Shard.Parse(statement.Text(0)));
        return shards;
    }
}
