using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using SpidOrleans.Storage;
using SpidOrleans.Storage.Sqlite;
using Xunit;

namespace SpidOrleans.UnitTests.Storage;

public sealed class SqliteMigratorTests : IAsyncLifetime
{
    private static readonly SchemaScript First = new(1, "first", "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);");
    private static readonly SchemaScript Second = new(2, "second", "CREATE TABLE b (x INTEGER); INSERT INTO a VALUES (2);");
    private static readonly SchemaScript Third = new(3, "third", "CREATE TABLE c (x INTEGER);");
    private static readonly SchemaScript Broken = new(2, "broken", "CREATE TABLE b (x INTEGER); INSERT INTO nowhere VALUES (2);");

    private readonly DatabaseFolder _folder = new();
    private readonly List<SqliteThread> _threads = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        foreach (var thread in _threads) await thread.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Migrate_AppliesTheMissingScriptsInOrderAndRecordsThem()
    {
        var thread = Connect();
        Assert.Equal(1, await thread.RunAsync(new SqliteMigrator(TimeProvider.System, [First]).Migrate, Cancel));
        Assert.Equal(2, await thread.RunAsync(new SqliteMigrator(TimeProvider.System, [First, Second]).Migrate, Cancel));
        Assert.Equal(2, await thread.RunAsync(new SqliteMigrator(TimeProvider.System, [First, Second]).Migrate, Cancel));
        Assert.Equal("1,2", await AskAsync(thread, "SELECT group_concat(x) FROM a"));
        Assert.Equal("1 first,2 second", await AskAsync(thread, "SELECT group_concat(version || ' ' || name) FROM schema_version"));
    }

    [Fact]
    public async Task Migrate_WithAScriptThatFails_KeepsTheEarlierOnesAndNothingOfIt()
    {
        var thread = Connect();
        await Assert.ThrowsAsync<SqliteException>(() =>
            thread.RunAsync(new SqliteMigrator(TimeProvider.System, [First, Broken]).Migrate, Cancel));
        Assert.Equal("1", await AskAsync(thread, "SELECT group_concat(version) FROM schema_version"));
        Assert.Equal("0", await AskAsync(thread, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'"));
        Assert.Equal(2, await thread.RunAsync(new SqliteMigrator(TimeProvider.System, [First, Second]).Migrate, Cancel));
    }

    [Fact]
    public async Task Migrate_AfterANewerBuild_GoesOn_IfThatHasSaidSo()
    {
        var thread = Connect();
        await thread.RunAsync(new SqliteMigrator(TimeProvider.System, [First]).Migrate, Cancel);
        var compatible = Second with { Text = "-- compatible from: 1\n" + Second.Text };
        Assert.Equal(2, await thread.RunAsync(new SqliteMigrator(TimeProvider.System, [First, compatible]).Migrate, Cancel));

        Assert.Equal(2, await thread.RunAsync(new SqliteMigrator(TimeProvider.System, [First]).Migrate, Cancel));
        Assert.Equal(3, await thread.RunAsync(new SqliteMigrator(TimeProvider.System, [First, compatible, Third]).Migrate, Cancel));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => thread.RunAsync(new SqliteMigrator(TimeProvider.System, [First]).Migrate, Cancel));
    }

    [Fact]
    public async Task Migrate_BySeveralAtOnce_AppliesEachScriptOnce()
    {
        var first = Connect();
        await AskAsync(first, "PRAGMA user_version"); // the file exists and has its journal mode
        SqliteThread[] all = [first, .. Enumerable.Range(0, 5).Select(_ => Connect())];
        var versions = await Task.WhenAll(all.Select(thread =>
            thread.RunAsync(new SqliteMigrator(TimeProvider.System, [First, Second]).Migrate, Cancel)));
        Assert.All(versions, version => Assert.Equal(2, version));
        Assert.Equal("1,2", await AskAsync(first, "SELECT group_concat(x) FROM a"));
    }

    private SqliteThread Connect()
    {
        var location = SqliteLocation.Parse($"Data Source={_folder.File}");
        var pragmas = new SqlitePragmas(SqliteStorageOptions.BusyTimeoutMax);
        var thread = new SqliteThread(
            "test", () => SqliteSession.Open(location.ConnectionString, pragmas.Writer), TimeProvider.System, NullLogger.Instance);
        _threads.Add(thread);
        return thread;
    }

    private static Task<string> AskAsync(SqliteThread thread, string sql) => thread.RunAsync(
        session =>
        {
            var statement = session.Prepare(sql);
            statement.Step();
            var answer = statement.Text(0);
            statement.Reset();
            return answer;
        },
        Cancel);
}
