using Npgsql;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>Shards in the table <c>project</c>.</summary>
internal sealed class PostgreSqlProjects(PostgreSqlDatabase database) : IProjectStore
{
    // Silos of one cluster decide one after the other.
    private const string LockSql = "LOCK TABLE project IN EXCLUSIVE MODE";

    private const string ReadSql = "SELECT name, shards FROM project";

    private const string CountPendingSql = "SELECT coalesce(sum(bit_count(live::bit(64))), 0)::bigint FROM outbox WHERE shard >= $1 AND shard < $2";

    // 3 is a silo in service. One that was killed may still look so for as long.
    private const string CountSilosSql =
        "SELECT count(*) FROM orleans_membership WHERE status = 3 AND alive_time > now() - interval '30 seconds'";

    private const string RecordSql =
        "INSERT INTO project (name, shards) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET shards = excluded.shards";

    public async Task<IReadOnlyDictionary<string, int>> EnsureShardsAsync(
        IReadOnlyDictionary<string, int> shards, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.Source.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var all = await EnsureAsync(connection, shards, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return all;
        }
        catch (Exception exception) when (PostgreSqlFailure.IsFailure(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw new StorageUnavailableException($"'{database.Name}' {PostgreSqlFailure.Describe(exception)}", exception);
        }
    }

    private static async Task<Dictionary<string, int>> EnsureAsync(
        NpgsqlConnection connection, IReadOnlyDictionary<string, int> configured, CancellationToken cancellationToken)
    {
        await using (var lockTable = new NpgsqlCommand(LockSql, connection)) await lockTable.ExecuteNonQueryAsync(cancellationToken);
        var known = await ReadAllAsync(connection, cancellationToken);
        var faults = new List<string>();
        foreach (var (project, count) in configured)
        {
            if (known.TryGetValue(project, out var before))
            {
                if (before == count) continue;
                if (await CountPendingAsync(connection, project, cancellationToken) is > 0 and var pending)
                {
                    faults.Add($"Projects:{project}:Shards is {count}, but {pending} pending events were placed with {before}: set it to {before} until they are delivered");
                    continue;
                }

                // They would go on placing by the old number, and a lane would have two places.
                if (await CountSilosAsync(connection, cancellationToken) is > 0 and var silos)
                {
                    faults.Add($"Projects:{project}:Shards is {count}, but {silos} silos in service place by {before}: stop all silos for half a minute before you change it");
                    continue;
                }
            }

            await using var record = new NpgsqlCommand(RecordSql, connection);
            record.Parameters.Add(new NpgsqlParameter<string> { TypedValue = project });
            record.Parameters.Add(new NpgsqlParameter<int> { TypedValue = count });
            await record.ExecuteNonQueryAsync(cancellationToken);
            known[project] = count;
        }

        return faults.Count == 0 ? known : throw new ShardsChangedException(string.Join(Environment.NewLine, faults));
    }

    private static async Task<Dictionary<string, int>> ReadAllAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var projects = new Dictionary<string, int>();
        await using var command = new NpgsqlCommand(ReadSql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) projects.Add(reader.GetString(0), reader.GetInt32(1));
        return projects;
    }

    private static async Task<long> CountPendingAsync(NpgsqlConnection connection, string project, CancellationToken cancellationToken)
    {
        var (first, end) = ShardRange.Of(project);
        await using var command = new NpgsqlCommand(CountPendingSql, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = first });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = end });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<long> CountSilosAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(CountSilosSql, connection);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
