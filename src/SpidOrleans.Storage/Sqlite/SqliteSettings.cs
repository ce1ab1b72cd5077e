using Microsoft.Data.Sqlite;
using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Storage.Sqlite;

/// <summary>Settings in the table of that name.</summary>
internal sealed class SqliteSettings(SqliteDatabase database) : ISettingStore
{
    public async Task<byte[]> GetOrCreateAsync(string name, Func<byte[]> create, CancellationToken cancellationToken)
    {
        try
        {
            return await database.Reader.RunAsync(session => Read(session, name), cancellationToken)
                ?? await CreateAsync(name, create(), cancellationToken);
        }
        catch (SqliteException exception)
        {
            throw new StorageUnavailableException($"'{database.Location.Path}' {SqliteFailure.Describe(exception)}", exception);
        }
    }

    private async Task<byte[]> CreateAsync(string name, byte[] value, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            session =>
            {
                session.Prepare("INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING")
                    .Bind(1, name).Bind(2, value).Run();
                return Read(session, name)!;
            },
            cancellationToken);

    private static byte[]? Read(SqliteSession session, string name)
    {
        var statement = session.Prepare("SELECT value FROM setting WHERE name = ?").Bind(1, name);
        var value = statement.Step() ? statement.Blob(0) : null;
        statement.Reset();
        return value;
    }
}
