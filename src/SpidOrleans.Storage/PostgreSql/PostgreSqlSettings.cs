using Npgsql;
using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>Settings in the table of that name.</summary>
internal sealed class PostgreSqlSettings(PostgreSqlDatabase database) : ISettingStore
{
    public async Task<byte[]> GetOrCreateAsync(string name, Func<byte[]> create, CancellationToken cancellationToken)
    {
        try
        {
            if (await ReadAsync(name, cancellationToken) is { } value) return value;
            await using (var insert = database.Source.CreateCommand("INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING"))
            {
                insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
                insert.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = create() });
                await insert.ExecuteNonQueryAsync(cancellationToken);
            }

            // Whoever came first has decided.
            return (await ReadAsync(name, cancellationToken))!;
        }
        catch (Exception exception) when (PostgreSqlFailure.IsFailure(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw new StorageUnavailableException($"'{database.Name}' {PostgreSqlFailure.Describe(exception)}", exception);
        }
    }

    private async Task<byte[]?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        await using var command = database.Source.CreateCommand("SELECT value FROM setting WHERE name = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        return (byte[]?)await command.ExecuteScalarAsync(cancellationToken);
    }
}
