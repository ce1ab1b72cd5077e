using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Storage;
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
        // An identity's events are looked for where its projects put them.
        await new PostgreSqlProjects(_database).EnsureShardsAsync(
            new Dictionary<string, int> { [Web] = ShardsOfAProject, [App] = ShardsOfAProject, ["web-2"] = ShardsOfAProject }, Cancel);
        return new PostgreSqlOutbox(_database, Service, Clock);
    }

    private protected override IBacklogReader Backlog() => new PostgreSqlBacklog(_database, Clock);

    protected override async Task<long> CountMarksAsync()
    {
        await using var count = _database.Source.CreateCommand("SELECT count(*) FROM outbox_mark");
        return (long)(await count.ExecuteScalarAsync(Cancel))!;
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

    protected override async Task<string> DumpAsync()
    {
        var dump = new StringBuilder();
        foreach (var table in new[] { "outbox", "held", "dead_letter", "closed_identity", "orleans_state", "deletion" })
        {
            await using var command = _database.Source.CreateCommand($"SELECT to_jsonb({table})::text FROM {table}");
            await using var reader = await command.ExecuteReaderAsync(Cancel);
            while (await reader.ReadAsync(Cancel))
            {
                var row = reader.GetString(0);
                // Bytes are hexadecimal there.
                dump.AppendLine(row).AppendLine(Regex.Replace(row, @"\\\\x([0-9a-f]*)", bytes => Encoding.Latin1.GetString(Convert.FromHexString(bytes.Groups[1].Value))));
            }
        }

        // Payloads are compressed in there, and what was delivered still lies beside what waits.
        await using var segments = _database.Source.CreateCommand("SELECT body, events FROM outbox");
        await using var bodies = await segments.ExecuteReaderAsync(Cancel);
        while (await bodies.ReadAsync(Cancel))
        {
            var body = new SegmentBody(bodies.GetFieldValue<byte[]>(0), bodies.GetInt16(1));
            for (var i = 0; i < body.Count; i++) dump.AppendLine(body.Identity(i)).AppendLine(Encoding.UTF8.GetString(body.Payload(i).Span));
        }

        return dump.ToString();
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
        await RunAsync(stale, InsertSql(LaneOf(Web, "v:a"), "late"));
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
    public async Task Silos_ThatHoldAndReleaseTheSameLanes_LeaveNothingHeld_AndKeepTheOrder()
    {
        const int silos = 3, lanes = 9, heldAtLeast = 10;
        var databases = Enumerable.Range(0, silos).Select(_ => OpenDatabase()).ToList();
        var engines = databases.ConvertAll(database => new PostgreSqlOutbox(database, Service, TimeProvider.System));
        var writers = engines.ConvertAll(engine => new GroupCommitOutbox(engine, Bell, Meters.ForOutbox(), TimeProvider.System, NullLogger<GroupCommitOutbox>.Instance));
        foreach (var writer in writers) await writer.StartAsync(Cancel);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, lanes).Select(lane => DecideAsync(writers[lane % silos], writers[(lane + 1) % silos], $"v:{lane}")));
        }
        finally
        {
            foreach (var writer in writers)
            {
                await writer.StopAsync(CancellationToken.None);
                writer.Dispose();
            }

            foreach (var engine in engines) await engine.DisposeAsync();
            foreach (var database in databases) await database.DisposeAsync();
        }

        // One silo's activation holds on until it learns that it has been left behind; another's decides and releases meanwhile.
        async Task DecideAsync(GroupCommitOutbox stale, GroupCommitOutbox current, string identity)
        {
            await StoreStateAsync(identity, Service);
            var accepted = new List<string>();
            var heldEnough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var holding = Task.Run(async () =>
            {
                for (var i = 0; await stale.HoldAsync(LaneOf(Web, identity), [Event($"{identity} {i}")], StateOf(identity, 1)); i++)
                {
                    accepted.Add($"{identity} {i}");
                    if (accepted.Count == heldAtLeast) heldEnough.SetResult();
                }
            });

            await heldEnough.Task.WaitAsync(Patience);
            await using (var decide = _database.Source.CreateCommand("UPDATE orleans_state SET version = 2 WHERE extension = $1"))
            {
                decide.Parameters.Add(new() { Value = identity });
                await decide.ExecuteNonQueryAsync(Cancel);
            }

            while (await current.ReleaseAsync([identity], Shards) > 0) { }
            await holding.WaitAsync(Patience);
            Assert.Equal(accepted, (await ReadAsync(Web, identity)).Where(text => text.StartsWith(identity + " ", StringComparison.Ordinal)));
            Assert.Empty(await Engine.ReadHeldAsync(LaneOf(Web, identity), 0, 10, int.MaxValue, Cancel));
        }
    }

    [Fact]
    public async Task Remove_OfTheRestOfASegment_WhileAnotherSiloTakesAPart_LeavesNothingBehind()
    {
        await AppendAsync(Web, "v:a", "1", "2");
        var shard = LaneOf(Web, "v:a").Shard;
        var rows = await ReadRowsAsync(Web, "v:a");
        await using var other = await _database.Source.OpenConnectionAsync(Cancel);
        await RunAsync(other, "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0");
        await new SegmentRemoval([(shard.Key, rows[0].Position)]).CarryOutSinglyAsync(other, Cancel);
        var removal = Outbox.RemoveAsync(shard, [rows[1].Position]);
        await UntilSomebodyWaitsAsync();

        await RunAsync(other, "COMMIT");
        await removal.WaitAsync(Patience);
        Assert.Empty(await Outbox.ReadShardsAsync(Cancel));
        await AppendAsync(Web, "v:a", "3");
        Assert.Equal(["3"], (await Outbox.ReadOldestAsync(shard, 1, int.MaxValue, Cancel)).Select(TextOf));
    }

    [Fact]
    public async Task Remove_OfAWholeSegment_WhileAnotherSiloTakesAPart_TakesTheRest()
    {
        await AppendAsync(Web, "v:a", "1", "2");
        var shard = LaneOf(Web, "v:a").Shard;
        var rows = await ReadRowsAsync(Web, "v:a");
        await using var other = await _database.Source.OpenConnectionAsync(Cancel);
        await RunAsync(other, "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0");
        await new SegmentRemoval([(shard.Key, rows[0].Position)]).CarryOutSinglyAsync(other, Cancel);
        var removal = Outbox.RemoveAsync(shard, [rows[0].Position, rows[1].Position]);
        await UntilSomebodyWaitsAsync();

        await RunAsync(other, "COMMIT");
        await removal.WaitAsync(Patience);
        Assert.Empty(await Outbox.ReadShardsAsync(Cancel));
    }

    [Fact]
    public async Task Removal_ThatFailsAfterTheCommit_FailsAlone()
    {
        await AppendAsync(Web, "v:a", "1", "2");
        var rows = await ReadRowsAsync(Web, "v:a");
        await using var other = await _database.Source.OpenConnectionAsync(Cancel);
        await RunAsync(other, "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0; SELECT FROM outbox FOR UPDATE");
        var append = new AppendOperation(LaneOf(Web, "v:a"), [Event("3")]);
        var removal = new RemoveOperation(append.Lane.Shard, [rows[0].Position]);

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var commit = Engine.CommitAsync([append, removal], timeout.Token);
        await UntilSomebodyWaitsAsync();
        await timeout.CancelAsync();
        await commit.WaitAsync(Patience);

        Assert.True(append.Result);
        Assert.Null(append.Failure);
        Assert.NotNull(removal.Failure);
        await RunAsync(other, "COMMIT");
        Assert.Equal(["1", "2", "3"], await ReadAsync(Web, "v:a"));
    }

    [Fact]
    public async Task Segment_OfManyBytes_IsStoredCompressed_AndReadWholeOrInPart()
    {
        var texts = Enumerable.Range(0, 120).Select(i => $"{i:000} {new string('x', 96)}").ToArray();
        await AppendAsync(Web, "v:a", texts);
        await using (var command = _database.Source.CreateCommand("SELECT sum(bytes)::integer, sum(length(body))::integer FROM outbox"))
        await using (var reader = await command.ExecuteReaderAsync(Cancel))
        {
            Assert.True(await reader.ReadAsync(Cancel));
            Assert.Equal(12_000, reader.GetInt32(0));
            Assert.InRange(reader.GetInt32(1), 1, 5_000);
        }

        var rows = await ReadRowsAsync(Web, "v:a");
        Assert.Equal(texts, rows.Select(TextOf));
        Assert.All(rows, row => Assert.NotNull(row.Pack));
        // The second segment does not fit and waits; the first alone is cut, if it must be.
        Assert.Equal(texts[..64], (await Outbox.ReadOldestAsync(LaneOf(Web, "v:a").Shard, 70, int.MaxValue, Cancel)).Select(TextOf));
        Assert.Equal(texts[..7], (await Outbox.ReadOldestAsync(LaneOf(Web, "v:a").Shard, 7, int.MaxValue, Cancel)).Select(TextOf));
        await Outbox.RemoveAsync(LaneOf(Web, "v:a").Shard, [rows[3].Position]);
        Assert.Equal(texts.Where((_, i) => i != 3), await ReadAsync(Web, "v:a"));
    }

    [Fact]
    public async Task ReadOldest_OfASegmentThatWasChangedInTheDatabase_GivesWhatIsThere()
    {
        var lane = LaneOf(Web, "v:a");
        // From here on this silo keeps what it stores in the shard.
        Assert.Empty(await ReadRowsAsync(Web, "v:a"));
        await AppendAsync(Web, "v:a", "1", "2");
        Assert.Equal(["1", "2"], await ReadAsync(Web, "v:a"));

        var body = SegmentBody.Write([new SegmentEvent(lane.Identity, 1, "one"u8.ToArray()), new SegmentEvent(lane.Identity, 1, "two"u8.ToArray())], new long[2]);
        await using var other = await _database.Source.OpenConnectionAsync(Cancel);
        await RunAsync(other, $"UPDATE outbox SET body = '\\x{Convert.ToHexString(body)}'");

        Assert.Equal(["one", "two"], await ReadAsync(Web, "v:a"));
    }

    [Fact]
    public async Task Segment_WithAChangeOfAProfile_IsStoredPlain()
    {
        await AppendAsync(Web, "v:a", [.. Enumerable.Range(0, 50).Select(i => $"{i}{new string('x', 100)}"), """{"$distinct_id":"1"}"""]);

        Assert.All(await ReadRowsAsync(Web, "v:a"), row => Assert.Null(row.Pack));
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

    public static TheoryData<string, string, string[]> Statements => new()
    {
        { "text, bigint, bigint, bigint, bigint[], integer[]", PostgreSqlOutbox.ReadOldestSql, ["outbox_pkey"] },
        { "", PostgreSqlOutbox.ReadShardsSql, ["outbox_pkey", "outbox_recent"] },
        { "text[], bigint[], bigint[]", SegmentRemoval.RemoveSql, ["outbox_pkey"] },
        { "text[], bigint[]", SegmentRemoval.FindSql, ["outbox_pkey"] },
        { "text, bigint, bigint", SegmentRemoval.RemoveOneSql, ["outbox_pkey"] },
        { "text, bigint, bigint", SegmentRemoval.ReduceOneSql, ["outbox_pkey"] },
        { "bigint, text[]", PostgreSqlOutbox.SummariseSql[1], ["outbox_recent"] },
        { "bigint, text[]", PostgreSqlOutbox.LockLanesSql[1], ["outbox_recent"] },
        {
            "text[], boolean[], smallint[], integer[], integer[], bytea[], bigint[], bigint[], integer[], text[], boolean[], text",
            PostgreSqlOutbox.AppendSql, ["orleans_state_pkey", "closed_identity_pkey"]
        },
        {
            "text, text[], text[], text[], integer[], integer[], text[], text[], bigint[], bytea[], bigint",
            PostgreSqlOutbox.HoldSql, ["orleans_state_pkey", "closed_identity_pkey"]
        },
        { "text[], integer, bigint", PostgreSqlOutbox.ReleaseSql, ["held_by_identity", "Tid Scan"] },
        { "text", PostgreSqlOutbox.TakeHeldSql, ["held_by_identity"] },
        { "text, text, bigint, integer, bigint", PostgreSqlOutbox.ReadHeldSql, ["held_by_identity"] },
        { "text, text", PostgreSqlOutbox.SummariseHeldSql, ["held_by_identity"] },
        { "text[]", PostgreSqlOutbox.EraseHeldSql, ["held_by_identity"] },
        { "text[], bytea[]", PostgreSqlOutbox.EraseNamedHeldSql, ["held_by_identity"] },
        { "text, text, integer", PostgreSqlOutbox.CloseSql, ["held_by_identity"] },
        { "bigint, integer", PostgreSqlOutbox.LetGoSql, ["held_by_age", "Tid Scan"] },
    };

    /// <summary>Plans are made from what the planner last saw, and kept: at night that is an empty table, and in the morning the
    /// plan for one.</summary>
    [Theory]
    [MemberData(nameof(Statements))]
    public async Task Statement_PlannedWhileTheTableIsEmpty_WalksNothingButItsIndex(string types, string sql, string[] indexes)
    {
        await using var connection = await _database.Source.OpenConnectionAsync(Cancel);
        foreach (var maintenance in new[] { "VACUUM ANALYZE outbox", "VACUUM ANALYZE orleans_state", "VACUUM ANALYZE closed_identity", "VACUUM ANALYZE held" })
            await RunAsync(connection, maintenance);
        var count = types.Split(',', StringSplitOptions.RemoveEmptyEntries).Length;
        await RunAsync(connection, $"PREPARE tested{(count == 0 ? "" : $" ({types})")} AS {sql}");
        var lines = new List<string>();
        await using (var command = new NpgsqlCommand($"EXPLAIN EXECUTE tested{(count == 0 ? "" : $" ({string.Join(", ", Enumerable.Repeat("NULL", count))})")}", connection))
        await using (var reader = await command.ExecuteReaderAsync(Cancel))
        {
            while (await reader.ReadAsync(Cancel)) lines.Add(reader.GetString(0).Trim());
        }

        var plan = string.Join(Environment.NewLine, lines);
        Assert.All(indexes, index => Assert.Contains(index, plan, StringComparison.Ordinal));
        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Join Filter", plan, StringComparison.Ordinal);
        // Whatever looks for rows has its condition from an index; the one exception leaps to the first shard.
        for (var i = 0; i < lines.Count; i++)
        {
            if ((lines[i].Contains("Scan using outbox_pkey", StringComparison.Ordinal) || lines[i].Contains("Scan using held_", StringComparison.Ordinal)) && sql != PostgreSqlOutbox.ReadShardsSql)
                Assert.StartsWith("Index Cond", lines[i + 1], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Shard_ThatIsBehind_GetsAnIndex_AndItsLanesAreFoundAllTheSame()
    {
        var shard = LaneOf(Web, "v:a").Shard;
        await AppendAsync(Web, "v:a", "recent 1", "recent 2");
        for (var i = 0; i <= 2_000; i += 500)
        {
            // Each in a segment of its own, as if many commits had left them.
            await using var connection = await _database.Source.OpenConnectionAsync(Cancel);
            await RunAsync(connection, string.Join(';', Enumerable.Range(i, 500).Select(n => InsertSql(new Lane(shard, $"v:{n}"), $"{n}"))));
        }

        Assert.Contains(shard, await Outbox.ReadShardsAsync(Cancel));
        await AppendAsync(Web, "v:a", "indexed 1");
        await AppendAsync(Web, "v:b", "another's");
        await AppendAsync(Web, "v:a", "indexed 2");
        await using (var command = _database.Source.CreateCommand("SELECT count(*) FROM outbox WHERE is_indexed"))
            Assert.True(await command.ExecuteScalarAsync(Cancel) is >= 2L);

        Assert.Equal(4, (await Outbox.ReadLaneAsync(LaneOf(Web, "v:a"), Cancel)).Pending);
        Assert.Equal(1_000, await Outbox.ReadLatestTimeAsync("v:a", Cancel));
        Assert.Equal(4, await MoveAsync("v:a", "u:1", "login"));
        var user = (await ReadAllAsync()).OrderBy(row => row.Position).Select(TextOf).Where(text => !int.TryParse(text, out _) && text != "another's");
        Assert.Equal(["recent 1", "recent 2", "indexed 1", "indexed 2", "login"], user);
    }

    [Fact]
    public async Task ReadOldest_OfAShardOfSmallSegments_GivesAFullBatch_WhateverAnotherShardIsLike()
    {
        var (small, large) = (new Lane(new Shard(Web, 0), "v:a"), new Lane(new Shard(App, 0), "v:b"));
        for (var i = 0; i < 200; i++) await Engine.CommitAsync([new AppendOperation(small, [Event($"{i}")])], Cancel);
        await Engine.CommitAsync([new AppendOperation(large, [.. Enumerable.Range(0, 640).Select(i => Event($"{i}"))])], Cancel);

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(640, (await Outbox.ReadOldestAsync(large.Shard, 2_000, int.MaxValue, Cancel)).Count);
            Assert.Equal(200, (await Outbox.ReadOldestAsync(small.Shard, 2_000, int.MaxValue, Cancel)).Count);
        }
    }

    [Fact]
    public async Task Migration_OfEventsThatWaitInRowsOfTheirOwn_KeepsThemInOrderAndFindsTheirLanes()
    {
        var connectionString = await postgres.CreateDatabaseAsync();
        var scripts = SchemaScript.ReadAll("PostgreSql");
        var identities = new[] { "v:a", "u:Zoë 🙂", "v:a", $"u:{new string('ß', 128)}" };
        await using (var source = NpgsqlDataSource.Create(connectionString))
        await using (var connection = await source.OpenConnectionAsync(Cancel))
        {
            await new PostgreSqlMigrator(Clock, [.. scripts.Take(4)]).MigrateAsync(connection, Cancel);
            for (var i = 0; i < identities.Length; i++)
            {
                await using var insert = new NpgsqlCommand("INSERT INTO outbox (shard, identity, time, payload) VALUES ($1, $2, $3, $4)", connection);
                foreach (var value in new object[] { LaneOf(Web, identities[i]).Shard.Key, identities[i], 100L + i, System.Text.Encoding.UTF8.GetBytes($"é{i}") })
                    insert.Parameters.Add(new() { Value = value });
                await insert.ExecuteNonQueryAsync(Cancel);
            }
        }

        await using var database = OpenDatabase(connectionString);
        await database.InitializeAsync(Cancel);
        await using var outbox = new PostgreSqlOutbox(database, Service, Clock);
        await outbox.CommitAsync([new AppendOperation(LaneOf(Web, "v:a"), [Event("later", 200)])], Cancel);

        Assert.Equal(new LaneSummary(3, 200), await outbox.ReadLaneAsync(LaneOf(Web, "v:a"), Cancel));
        foreach (var identity in identities.Distinct().Skip(1)) Assert.Equal(1, (await outbox.ReadLaneAsync(LaneOf(Web, identity), Cancel)).Pending);
        var rows = await outbox.ReadOldestAsync(LaneOf(Web, "v:a").Shard, 100, int.MaxValue, Cancel);
        Assert.Equal(["é0", "é2", "later"], rows.Select(TextOf).Where(text => text is "é0" or "é2" or "later"));
    }

    private static string InsertSql(Lane lane, string text)
    {
        var lanes = new long[1];
        var body = SegmentBody.Write([new SegmentEvent(lane.Identity, 1, System.Text.Encoding.UTF8.GetBytes(text))], lanes);
        return "INSERT INTO outbox (shard, live, is_indexed, events, bytes, lanes, times, body) "
            + $"VALUES ('{lane.Shard.Key}', 1, false, 1, {text.Length}, '{{{lanes[0]}}}', '{{1}}', '\\x{Convert.ToHexString(body)}')";
    }

    private PostgreSqlDatabase OpenDatabase(string? connectionString = null) => new(
        Options.Create(new PostgreSqlStorageOptions { ConnectionString = connectionString ?? _connectionString! }), TimeProvider.System, NullLogger<PostgreSqlDatabase>.Instance);

    /// <summary>Of this database's sessions one waits for a lock that another has.</summary>
    private async Task UntilSomebodyWaitsAsync()
    {
        await using var command = _database.Source.CreateCommand(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')");
        while (await command.ExecuteScalarAsync(Cancel) is not true) await Task.Delay(5, Cancel);
    }

    private async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
