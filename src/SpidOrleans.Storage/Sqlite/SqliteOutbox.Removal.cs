using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.Sqlite;

internal sealed partial class SqliteOutbox
{
    // The shard is checked too, so that a mixed-up caller removes nothing. Moved rows have new positions.
    private const string DeleteSql = "DELETE FROM outbox WHERE position = ? AND shard = ?";

    private const string BurySql =
        """
        INSERT INTO dead_letter (project, identity, time, payload, reason, refused_at)
        SELECT ?, identity, time, payload, ?, ? FROM outbox WHERE position = ? AND shard = ?
        """;

    private static bool Remove(SqliteSession session, RemoveOperation operation)
    {
        var shard = operation.Shard.Key;
        foreach (var position in operation.Positions) session.Prepare(DeleteSql).Bind(1, position).Bind(2, shard).Run();
        return true;
    }

    private int Bury(SqliteSession session, BuryOperation operation)
    {
        var shard = operation.Shard.Key;
        var refusedAt = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var buried = 0;
        foreach (var row in operation.Refused)
        {
            buried += session.Prepare(BurySql)
                .Bind(1, operation.Shard.Project).Bind(2, row.Reason).Bind(3, refusedAt)
                .Bind(4, row.Position).Bind(5, shard).Run();
            session.Prepare(DeleteSql).Bind(1, row.Position).Bind(2, shard).Run();
        }

        return buried;
    }
}
