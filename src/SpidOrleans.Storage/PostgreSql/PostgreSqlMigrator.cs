using Npgsql;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>Brings the schema up to date: each script once, in the transaction that records it.</summary>
internal sealed class PostgreSqlMigrator(TimeProvider clock)
{
    /// <summary>An arbitrary number that is ours among the database's advisory locks.</summary>
    private const long LockKey = 0x5350_6944_6D69_6772;

    /// <summary>A new index on a large backlog may take its time, and every other silo that starts waits for it.</summary>
    private const int TimeoutSeconds = 600;

    private readonly IReadOnlyList<SchemaScript> _scripts = SchemaScript.ReadAll("PostgreSql");

    /// <summary>For tests: other scripts than the product's.</summary>
    internal PostgreSqlMigrator(TimeProvider clock, IReadOnlyList<SchemaScript> scripts) : this(clock) => _scripts = scripts;

    /// <summary>Safe when any number start at once: whoever gets the lock first applies what is missing, the others then see
    /// its version.</summary>
    /// <returns>The version that the database now has.</returns>
    /// <exception cref="StorageUnavailableException">A newer build has used this database.</exception>
    public async Task<int> MigrateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // All of it in one transaction, lock included: a start that is killed leaves the schema as it was.
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await RunAsync("SET LOCAL statement_timeout = 0");
        await RunAsync("SET LOCAL idle_in_transaction_session_timeout = 0");
        await RunAsync($"SELECT pg_advisory_xact_lock({LockKey})");
        await RunAsync("CREATE TABLE IF NOT EXISTS schema_version (version integer PRIMARY KEY, name text NOT NULL, applied_at bigint NOT NULL)");
        var version = await ReadVersionAsync(connection, cancellationToken);
        if (version > _scripts.Count)
            throw new StorageUnavailableException(
                $"{PostgreSqlLocation.Key}: the database has schema version {version}, this build knows versions up to {_scripts.Count}: start the newer build");
        foreach (var script in _scripts.Skip(version))
        {
            await RunAsync(script.Text);
            await RunAsync("INSERT INTO schema_version (version, name, applied_at) VALUES ($1, $2, $3)",
                script.Version, script.Name, clock.GetUtcNow().ToUnixTimeMilliseconds());
        }

        await transaction.CommitAsync(cancellationToken);
        return _scripts.Count;

        async Task RunAsync(string sql, params object[] values)
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = TimeoutSeconds };
            foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static async Task<int> ReadVersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT coalesce(max(version), 0) FROM schema_version", connection);
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
