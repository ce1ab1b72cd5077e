using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Storage;
using SpidOrleans.Storage.PostgreSql;
using SpidOrleans.TestKit.Postgres;
using Xunit;

namespace SpidOrleans.UnitTests.Storage;

/// <summary>Opening and migrating, settings, projects.</summary>
public sealed class PostgreSqlDatabaseTests(SharedPostgres postgres) : IAsyncLifetime
{
    private static readonly SchemaScript First = new(1, "first", "CREATE TABLE a (x integer); INSERT INTO a VALUES (1);");
    private static readonly SchemaScript Second = new(2, "second", "CREATE TABLE b (x integer); INSERT INTO a VALUES (2);");
    private static readonly SchemaScript Third = new(3, "third", "CREATE TABLE c (x integer);");
    private static readonly SchemaScript Broken = new(2, "broken", "CREATE TABLE b (x integer); INSERT INTO nowhere VALUES (2);");

    private readonly List<PostgreSqlDatabase> _databases = [];
    private string _connectionString = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(PostgresServer.IsInstalled, PostgresServer.NotInstalled);
        _connectionString = await postgres.CreateDatabaseAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases) await database.DisposeAsync();
    }

    [Fact]
    public async Task Initialize_ByTenAtOnce_AppliesEachScriptOnce()
    {
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Open(_connectionString).InitializeAsync(Cancel)));
        Assert.Equal("1 outbox,2 orleans-state,3 orleans-membership,4 outbox-large,5 outbox-segments,6 dead-letters-and-erasure,7 outbox-marks,8 held-events", await AskAsync("SELECT string_agg(version || ' ' || name, ',' ORDER BY version) FROM schema_version"));
    }

    [Fact]
    public async Task Migrate_AppliesWhatIsMissing_AndOfAScriptThatFailsNothing()
    {
        Assert.Equal(1, await MigrateAsync(First));
        await Assert.ThrowsAsync<PostgresException>(() => MigrateAsync(First, Broken));
        Assert.Equal("1", await AskAsync("SELECT string_agg(version::text, ',') FROM schema_version"));
        Assert.Equal(2, await MigrateAsync(First, Second));
        Assert.Equal(2, await MigrateAsync(First, Second));
        Assert.Equal("1,2", await AskAsync("SELECT string_agg(x::text, ',' ORDER BY x) FROM a"));
    }

    [Fact]
    public async Task Migrate_AfterANewerBuild_GoesOn_IfThatHasSaidSo()
    {
        var compatible = Second with { Text = "-- compatible from: 1\n" + Second.Text };
        await MigrateAsync(First, compatible);

        Assert.Equal(2, await MigrateAsync(First));
        Assert.Equal(3, await MigrateAsync(First, compatible, Third));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => MigrateAsync(First));
    }

    [Fact]
    public async Task Migrate_OfADatabaseThatKnowsNothingOfCompatibility_LearnsIt()
    {
        await AskAsync(
            "CREATE TABLE schema_version (version integer PRIMARY KEY, name text NOT NULL, applied_at bigint NOT NULL);"
            + "CREATE TABLE a (x integer); INSERT INTO schema_version VALUES (1, 'first', 0); SELECT 'done'");
        Assert.Equal(2, await MigrateAsync(First, Second));
        Assert.Equal(2, await MigrateAsync(First, Second));
    }

    [Fact]
    public async Task Migrate_WhileABackupHasATable_KeepsNobodyElseWaiting_AndIsDoneAfterIt()
    {
        await MigrateAsync(First);
        await using var source = NpgsqlDataSource.Create(_connectionString);
        await using var backup = await source.OpenConnectionAsync(Cancel);
        await using var transaction = await backup.BeginTransactionAsync(Cancel);
        await using (var dump = new NpgsqlCommand("SELECT count(*) FROM a", backup)) await dump.ExecuteScalarAsync(Cancel);

        var migrating = MigrateAsync(First, Second with { Text = "ALTER TABLE a ADD COLUMN y integer" });
        await using (var waiting = source.CreateCommand("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'a'::regclass)"))
        {
            while (await waiting.ExecuteScalarAsync(Cancel) is not true) await Task.Delay(10, Cancel);
        }

        // The backup goes on: so do the silos.
        await using (var silo = source.CreateCommand("INSERT INTO a VALUES (2)")) await silo.ExecuteNonQueryAsync(Cancel);
        await transaction.CommitAsync(Cancel);
        Assert.Equal(2, await migrating);
    }

    [Fact]
    public async Task Initialize_OfADatabaseThatANewerBuildHasUsed_NamesBothVersions()
    {
        await Open(_connectionString).InitializeAsync(Cancel);
        await AskAsync("INSERT INTO schema_version (version, name, applied_at) VALUES (99, 'from the future', 0) RETURNING version");
        var refusal = await Assert.ThrowsAsync<StorageUnavailableException>(() => Open(_connectionString).InitializeAsync(Cancel));
        Assert.Equal("Storage:ConnectionString: the database has schema version 99, this build knows versions up to 8: start the newer build", refusal.Message);
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=u;Password=hush;Database=d", "'127.0.0.1:1/d' cannot be reached (ConnectionRefused)")]
    [InlineData("Username=u;Password=hush", "names no host: it expects something like 'Host=db;Database=spid;Username=spid;Password=…'")]
    [InlineData("Host=db;Password=hush;Fleeb=1", "is not a PostgreSQL connection string")]
    public async Task Initialize_WithAWrongConnectionString_SaysWhatIsWrong_AndNoSecret(string connectionString, string expected)
    {
        var refusal = await Assert.ThrowsAsync<StorageUnavailableException>(() => Open(connectionString).InitializeAsync(Cancel));
        Assert.StartsWith("Storage:ConnectionString", refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith(expected, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Initialize_OfADatabaseThatIsNotThere_OrDoesNotWaitForItsDisk_SaysSo()
    {
        var missing = new NpgsqlConnectionStringBuilder(_connectionString) { Database = "nowhere" }.ToString();
        var refusal = await Assert.ThrowsAsync<StorageUnavailableException>(() => Open(missing).InitializeAsync(Cancel));
        Assert.EndsWith("/nowhere' does not exist on that server", refusal.Message, StringComparison.Ordinal);

        var careless = new NpgsqlConnectionStringBuilder(_connectionString) { Options = "-c synchronous_commit=off" }.ToString();
        refusal = await Assert.ThrowsAsync<StorageUnavailableException>(() => Open(careless).InitializeAsync(Cancel));
        Assert.Contains("synchronous_commit off", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_OfManySilosAtOnce_AreTheFirstOnes()
    {
        await Open(_connectionString).InitializeAsync(Cancel);
        var values = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            new PostgreSqlSettings(Open(_connectionString)).GetOrCreateAsync("key", () => [(byte)i], Cancel)));
        Assert.Single(values.Select(Assert.Single).Distinct());
    }

    [Fact]
    public async Task EnsureShards_RefusesANewNumberWhileEventsArePending_AndTakesItAfterwards()
    {
        var database = Open(_connectionString);
        await database.InitializeAsync(Cancel);
        var projects = new PostgreSqlProjects(database);
        await projects.EnsureShardsAsync(new Dictionary<string, int> { ["web"] = 8, ["idle"] = 1 }, Cancel);
        await using var outbox = new PostgreSqlOutbox(database, "spid", TimeProvider.System);
        var shard = new Shard("web", 0);
        await outbox.CommitAsync([new AppendOperation(new Lane(shard, "v:a"), [new OutboxEvent(1, default)])], Cancel);

        var refusal = await Assert.ThrowsAsync<ShardsChangedException>(() =>
            projects.EnsureShardsAsync(new Dictionary<string, int> { ["idle"] = 9, ["web"] = 4 }, Cancel));
        Assert.Equal("Projects:web:Shards is 4, but 1 pending events were placed with 8: set it to 8 until they are delivered", refusal.Message);

        var rows = await outbox.ReadOldestAsync(shard, 10, int.MaxValue, Cancel);
        await outbox.CommitAsync([new RemoveOperation(shard, [rows[0].Position])], Cancel);
        var known = await projects.EnsureShardsAsync(new Dictionary<string, int> { ["web"] = 4 }, Cancel);
        Assert.Equal((4, 1), (known["web"], known["idle"]));

        await AskAsync("INSERT INTO orleans_membership_version VALUES ('spid', 1) RETURNING version");
        await AskAsync("INSERT INTO orleans_membership VALUES ('spid', '10.0.0.1', 1, 1, 's', 'h', 3, 1, NULL, now(), now()) RETURNING port");
        refusal = await Assert.ThrowsAsync<ShardsChangedException>(() => projects.EnsureShardsAsync(new Dictionary<string, int> { ["web"] = 8 }, Cancel));
        Assert.Equal("Projects:web:Shards is 8, but 1 silos in service place by 4: stop all silos for half a minute before you change it", refusal.Message);
        await AskAsync("UPDATE orleans_membership SET alive_time = now() - interval '31 seconds' RETURNING port");
        Assert.Equal(8, (await projects.EnsureShardsAsync(new Dictionary<string, int> { ["web"] = 8 }, Cancel))["web"]);
    }

    [Theory]
    [InlineData("Host=db", "db")]
    [InlineData("Host=db:5433,other", "db")]
    [InlineData("Host=[::1]:5433,other", "::1")]
    [InlineData("Host=10.1.2.3,10.1.2.4:5433", "10.1.2.3")]
    public void TheFirstHost_IsKnownWithoutItsPort(string connectionString, string expected) =>
        Assert.Equal(expected, PostgreSqlLocation.Parse(connectionString).Host);

    private PostgreSqlDatabase Open(string connectionString)
    {
        var database = new PostgreSqlDatabase(
            Options.Create(new PostgreSqlStorageOptions { ConnectionString = connectionString }), TimeProvider.System, NullLogger<PostgreSqlDatabase>.Instance);
        _databases.Add(database);
        return database;
    }

    private async Task<int> MigrateAsync(params SchemaScript[] scripts)
    {
        await using var connection = new NpgsqlConnection(_connectionString);
        await connection.OpenAsync(Cancel);
        return await new PostgreSqlMigrator(TimeProvider.System, scripts).MigrateAsync(connection, Cancel);
    }

    private async Task<string> AskAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_connectionString);
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        return (await command.ExecuteScalarAsync(Cancel))!.ToString()!;
    }
}
