using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Storage.PostgreSql;
using SpidOrleans.TestKit.Postgres;
using Xunit;

namespace SpidOrleans.UnitTests.Outbox;

/// <summary>The suite on PostgreSQL, and what only several writers of one database can do to each other.</summary>
public sealed class PostgreSqlOutboxTests(SharedPostgres postgres) : OutboxConformance
{
    private string? _connectionString;
    private PostgreSqlDatabase _database = null!;

    protected override async Task<IOutboxEngine> OpenEngineAsync()
    {
        Assert.SkipUnless(PostgresServer.IsInstalled, PostgresServer.NotInstalled);
        _connectionString ??= await postgres.CreateDatabaseAsync();
        _database = OpenDatabase();
        await _database.InitializeAsync(Cancel);
        return new PostgreSqlOutbox(_database, Service, Clock);
    }

    protected override async Task CloseEngineAsync()
    {
        await ((PostgreSqlOutbox)Engine).DisposeAsync();
        await _database.DisposeAsync();
    }

    protected override void Discard() => NpgsqlConnection.ClearAllPools();

    protected override async Task<IReadOnlyList<DeadLetter>> ReadDeadLettersAsync()
    {
        var letters = new List<DeadLetter>();
        await using var command = _database.Source.CreateCommand(
            "SELECT project, identity, time, convert_from(payload, 'UTF8'), reason, refused_at FROM dead_letter ORDER BY id");
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        while (await reader.ReadAsync(Cancel))
            letters.Add(new(reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetString(3), reader.GetString(4), reader.GetInt64(5)));
        return letters;
    }

    protected override async Task StoreStateAsync(string key, string service)
    {
        await using var command = _database.Source.CreateCommand(
            "INSERT INTO orleans_state (service, state, n0, n1, extension, version, payload) VALUES ($1, 'visitor', 0, 0, $2, 1, '')");
        command.Parameters.Add(new() { Value = service });
        command.Parameters.Add(new() { Value = key });
        await command.ExecuteNonQueryAsync(Cancel);
    }

    [Fact]
    public async Task Move_WaitsForAnAppendOfAnotherSilo_ThatHasNotCommitted_AndTakesItsRow()
    {
        await using var stale = await _database.Source.OpenConnectionAsync(Cancel);
        await RunAsync(stale, "BEGIN");
        await RunAsync(stale, PostgreSqlOutbox.SharedLockSql("v:a"));
        await RunAsync(stale, $"INSERT INTO outbox (shard, identity, time, payload) VALUES ('{LaneOf(Web, "v:a").Shard.Key}', 'v:a', 1, 'late')");
        var move = Outbox.MoveAsync("v:a", "u:1", _ => ShardsOfAProject, Web, Event("login"));
        Assert.NotSame(move, await Task.WhenAny(move, Task.Delay(200, Cancel)));

        await RunAsync(stale, "COMMIT");
        Assert.Equal(1, await move.WaitAsync(Patience));
        Assert.Equal(["late", "login"], await ReadAsync(Web, "u:1"));
    }

    [Fact]
    public async Task Append_OfAnotherSilo_ToALaneThatIsBeingMoved_WaitsAndIsRefused()
    {
        await AppendAsync(Web, "v:a", "early");
        await using var moving = await _database.Source.OpenConnectionAsync(Cancel);
        await RunAsync(moving, "BEGIN");
        await RunAsync(moving, PostgreSqlOutbox.ExclusiveLockSql("v:a"));
        await RunAsync(moving, "INSERT INTO closed_identity (identity, successor, moved) VALUES ('v:a', 'u:1', 0)");
        var append = Outbox.AppendAsync(LaneOf(Web, "v:a"), [Event("late")]);
        Assert.NotSame(append, await Task.WhenAny(append, Task.Delay(200, Cancel)));

        await RunAsync(moving, "COMMIT");
        Assert.False(await append.WaitAsync(Patience));
        Assert.Equal(["early"], await ReadAsync(Web, "v:a"));
    }

    [Fact]
    public async Task Silos_ThatAppendMoveAndRemoveTheSameLanes_LoseNothing_AndNobodyIsToldToComeBack()
    {
        const int silos = 3, lanes = 20, events = 30;
        var databases = Enumerable.Range(0, silos).Select(_ => OpenDatabase()).ToList();
        var outboxes = databases.Select(database => new PostgreSqlOutbox(database, Service, TimeProvider.System)).ToList();
        try
        {
            var removed = new HashSet<string>();
            var appended = 0;
            await Task.WhenAll(outboxes.Select(async (outbox, silo) =>
            {
                var random = new Random(silo);
                for (var i = 0; i < events; i++)
                {
                    var group = new List<OutboxOperation>();
                    for (var lane = 0; lane < lanes; lane++) group.Add(new AppendOperation(LaneOf(Web, $"v:{lane}"), [Event($"{silo}-{lane}-{i}")]));
                    group.Add(new MoveOperation($"v:{random.Next(lanes)}", $"u:{random.Next(3)}", _ => ShardsOfAProject, Web, Event("login")));
                    await outbox.CommitAsync(group, Cancel);
                    Interlocked.Add(ref appended, group.OfType<AppendOperation>().Count(operation => operation.Result));

                    var shard = new Shard(Web, random.Next(ShardsOfAProject));
                    var rows = await outbox.ReadOldestAsync(shard, 25, int.MaxValue, Cancel);
                    await outbox.CommitAsync([new RemoveOperation(shard, [.. rows.Select(row => row.Position)])], Cancel);
                    lock (removed) removed.UnionWith(rows.Select(TextOf));
                }
            }));

            var left = (await ReadAllAsync()).Select(TextOf).ToList();
            Assert.Equal(left.Count, left.Where(text => text != "login").Distinct().Count() + left.Count(text => text == "login"));
            removed.UnionWith(left);
            Assert.Equal(appended, removed.Count(text => text != "login"));
        }
        finally
        {
            foreach (var outbox in outboxes) await outbox.DisposeAsync();
            foreach (var database in databases) await database.DisposeAsync();
        }
    }

    [Fact]
    public async Task Group_AfterTheServerHasCutItsConnection_FailsOrWorks_AndTheNextOneWorks()
    {
        await AppendAsync(Web, "v:a", "1");
        await using (var other = new NpgsqlConnection(_connectionString))
        {
            await other.OpenAsync(Cancel);
            await RunAsync(other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
        }

        await Assert.ThrowsAsync<OutboxUnavailableException>(() => AppendAsync(Web, "v:a", "2"));
        await AppendAsync(Web, "v:a", "3");
        Assert.Equal(["1", "3"], await ReadAsync(Web, "v:a"));
    }

    [Theory]
    [InlineData("SELECT position, payload FROM outbox WHERE shard = 'web/1' ORDER BY position LIMIT 5", "outbox_pkey")]
    [InlineData("DELETE FROM outbox USING unnest('{web/1}'::text[], '{1}'::bigint[]) AS done (shard, position) WHERE outbox.shard = done.shard AND outbox.position = done.position", "outbox_pkey")]
    [InlineData("SELECT max(time) FROM outbox WHERE identity = 'v:a'", "outbox_by_identity")]
    [InlineData("DELETE FROM outbox WHERE identity = 'v:a' AND shard || '' = 'web/1'", "outbox_by_identity")]
    [InlineData("SELECT shard FROM outbox WHERE shard > 'web/1' ORDER BY shard LIMIT 1", "outbox_pkey")]
    [InlineData("SELECT identity FROM closed_identity WHERE identity = ANY ('{v:a,v:b}')", "closed_identity_pkey")]
    public async Task Reading_NeverSortsAndNeverWalksTheTable(string sql, string index)
    {
        var lines = new List<string>();
        await using var command = _database.Source.CreateCommand("EXPLAIN " + sql);
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        while (await reader.ReadAsync(Cancel)) lines.Add(reader.GetString(0));

        var plan = string.Join("; ", lines);
        Assert.Contains(index, plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Sort", plan, StringComparison.Ordinal);
    }

    private PostgreSqlDatabase OpenDatabase() => new(
        Options.Create(new PostgreSqlStorageOptions { ConnectionString = _connectionString! }), TimeProvider.System, NullLogger<PostgreSqlDatabase>.Instance);

    private async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
