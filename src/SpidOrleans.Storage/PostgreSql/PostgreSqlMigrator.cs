using Npgsql;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>Brings the schema up to date: each script once, in the transaction that records it.</summary>
internal sealed class PostgreSqlMigrator(TimeProvider clock)
{
    /// <summary>An arbitrary number that is ours among the database's advisory locks.</summary>
    private const long LockKey = 0x5350_6944_6D69_6772;

    /// <summary>A new index on a large backlog may take its time, and every other silo that starts waits for it.</summary>
    private const int TimeoutSeconds = 600;

    /// <summary>Whoever wants a table after a step that waits for it waits too: not for longer than a request can.</summary>
    private const int LockTimeoutMs = 2_000;

    private const int LockAttemptsMax = 30;

    private static readonly TimeSpan LockPause = TimeSpan.FromSeconds(2);

    private readonly IReadOnlyList<SchemaScript> _scripts = SchemaScript.ReadAll("PostgreSql");

    /// <summary>For tests: other scripts than the product's.</summary>
    internal PostgreSqlMigrator(TimeProvider clock, IReadOnlyList<SchemaScript> scripts) : this(clock) => _scripts = scripts;

    /// <summary>Safe when any number start at once: whoever gets the lock first applies what is missing, the others then see
    /// its version. Silos that run meanwhile are never kept waiting behind a step that waits for a table.</summary>
    /// <returns>The version that the database now has.</returns>
    /// <exception cref="StorageUnavailableException">A newer build has changed this database in a way that this one does not know, or
    /// somebody keeps a table locked.</exception>
    public async Task<int> MigrateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await MigrateOnceAsync(connection, cancellationToken);
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                if (attempt == LockAttemptsMax)
                    throw new StorageUnavailableException($"{PostgreSqlLocation.Key}: the schema cannot be brought up to date while a table is locked, by a backup for instance", exception);
                await Task.Delay(LockPause, clock, cancellationToken);
            }
        }
    }

    private async Task<int> MigrateOnceAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // All of it in one transaction, lock included: a start that is killed leaves the schema as it was.
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await RunAsync("SET LOCAL statement_timeout = 0");
        await RunAsync("SET LOCAL idle_in_transaction_session_timeout = 0");
        await RunAsync($"SELECT pg_advisory_xact_lock({LockKey})");
        await RunAsync($"SET LOCAL lock_timeout = {LockTimeoutMs}");
        await RunAsync("CREATE TABLE IF NOT EXISTS schema_version (version integer PRIMARY KEY, name text NOT NULL, applied_at bigint NOT NULL)");
        if (!await HasCompatibilityAsync(connection, cancellationToken)) await RunAsync("ALTER TABLE schema_version ADD COLUMN compatible_from integer");
        var (version, compatibleFrom) = await ReadVersionAsync(connection, cancellationToken);
        SchemaScript.RequireCompatible(PostgreSqlLocation.Key, version, compatibleFrom, _scripts.Count);
        foreach (var script in _scripts.Skip(version))
        {
            await RunAsync(script.Text);
            await RunAsync("INSERT INTO schema_version (version, name, applied_at, compatible_from) VALUES ($1, $2, $3, $4)",
                script.Version, script.Name, clock.GetUtcNow().ToUnixTimeMilliseconds(), script.CompatibleFrom);
        }

        await transaction.CommitAsync(cancellationToken);
        return Math.Max(version, _scripts.Count);

        async Task RunAsync(string sql, params object[] values)
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = TimeoutSeconds };
            foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>Databases of former builds have not. Asked first, since a change of the table would wait for every backup.</summary>
    private static async Task<bool> HasCompatibilityAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'schema_version'::regclass AND attname = 'compatible_from')", connection);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private async Task<(int Version, int CompatibleFrom)> ReadVersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT coalesce(max(version), 0), coalesce(max(coalesce(compatible_from, version)) FILTER (WHERE version > $1), 0) FROM schema_version", connection);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = _scripts.Count });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt32(0), reader.GetInt32(1));
    }
}
