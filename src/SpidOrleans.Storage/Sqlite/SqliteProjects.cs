using Microsoft.Data.Sqlite;

namespace SpidOrleans.Storage.Sqlite;

/// <summary>Shards in the table <c>project</c>.</summary>
internal sealed class SqliteProjects(SqliteDatabase database) : IProjectStore
{
    private const string CountPendingSql =
        "SELECT count(*) FROM outbox INDEXED BY outbox_by_shard WHERE shard >= ? AND shard < ?";

    private const string RecordSql =
        "INSERT INTO project (name, shards) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET shards = excluded.shards";

    public async Task<IReadOnlyDictionary<string, int>> EnsureShardsAsync(
        IReadOnlyDictionary<string, int> shards, CancellationToken cancellationToken)
    {
        try
        {
            return await database.Writer.RunAsync(session => Ensure(session, shards), cancellationToken);
        }
        catch (SqliteException exception)
        {
            throw new StorageUnavailableException($"'{database.Location.Path}' {SqliteFailure.Describe(exception)}", exception);
        }
    }

    private static Dictionary<string, int> Ensure(SqliteSession session, IReadOnlyDictionary<string, int> configured)
    {
        session.Execute("BEGIN IMMEDIATE");
        var known = ReadAll(session);
        var faults = new List<string>();
        foreach (var (project, count) in configured)
        {
            if (known.TryGetValue(project, out var before) && before != count && CountPending(session, project) is > 0 and var pending)
            {
                faults.Add($"Projects:{project}:Shards is {count}, but {pending} pending events were placed with {before}: set it to {before} until they are delivered");
                continue;
            }

            session.Prepare(RecordSql).Bind(1, project).Bind(2, count).Run();
            known[project] = count;
        }

        if (faults.Count > 0) throw new ShardsChangedException(string.Join(Environment.NewLine, faults));
        session.Execute("COMMIT");
        return known;
    }

    private static Dictionary<string, int> ReadAll(SqliteSession session)
    {
        var projects = new Dictionary<string, int>();
        var statement = session.Prepare("SELECT name, shards FROM project");
        while (statement.Step()) projects.Add(statement.Text(0), (int)statement.Int64(1));
        return projects;
    }

    private static long CountPending(SqliteSession session, string project)
    {
        var (first, end) = ShardRange.Of(project);
        var statement = session.Prepare(CountPendingSql).Bind(1, first).Bind(2, end);
        statement.Step();
        var pending = statement.Int64(0);
        statement.Reset();
        return pending;
    }
}
