using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SpidOrleans.Storage.Sqlite;

namespace SpidOrleans.UnitTests.Storage;

/// <summary>A folder of its own for one test's database.</summary>
internal sealed class DatabaseFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spid-test-");

    public string Path => _folder.FullName;

    public string File => System.IO.Path.Combine(Path, "spid.db");

    public TimeSpan BusyTimeout { get; set; } = SqliteStorageOptions.BusyTimeoutMax;

    public SqliteDatabase Make(string? connectionString = null) => new(
        Options.Create(new SqliteStorageOptions { ConnectionString = connectionString ?? $"Data Source={File}", BusyTimeout = BusyTimeout }),
        TimeProvider.System, NullLogger<SqliteDatabase>.Instance);

    public async Task<SqliteDatabase> OpenAsync()
    {
        var database = Make();
        await database.InitializeAsync(CancellationToken.None);
        return database;
    }

    /// <summary>The database file, then its log, as they are now.</summary>
    public DatabaseFolder Copy()
    {
        var copy = new DatabaseFolder();
        foreach (var suffix in new[] { "", "-wal" }) System.IO.File.Copy(File + suffix, copy.File + suffix);
        return copy;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
