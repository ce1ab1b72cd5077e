using Microsoft.Data.Sqlite;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Storage.Sqlite;
using SpidOrleans.UnitTests.Storage;
using Xunit;

namespace SpidOrleans.UnitTests.Outbox;

/// <summary>The suite on SQLite, and what only a file can do wrong.</summary>
public sealed class SqliteOutboxTests : OutboxConformance
{
    private readonly DatabaseFolder _folder = new();
    private SqliteDatabase _database = null!;
    private Func<string, long> _freeBytes = _ => long.MaxValue;
    private int _asked;

    protected override async Task<IOutboxEngine> OpenEngineAsync()
    {
        _database = await _folder.OpenAsync();
        return new SqliteOutbox(_database, Service, Clock)
        {
            FreeBytes = folder =>
            {
                Interlocked.Increment(ref _asked);
                return _freeBytes(folder);
            },
        };
    }

    private protected override IBacklogReader Backlog() => new SqliteBacklog(_database, Clock);

    protected override Task<long> CountMarksAsync() => _database.Reader.RunAsync(
        session =>
        {
            var count = session.Prepare("SELECT count(*) FROM outbox_mark");
            count.Step();
            var marks = count.Int64(0);
            count.Reset();
            return marks;
        },
        Cancel);

    protected override async Task CloseEngineAsync() => await _database.DisposeAsync();

    protected override void Discard() => _folder.Dispose();

    protected override Task<IReadOnlyList<DeadLetter>> ReadDeadLettersAsync() => _database.Reader.RunAsync<IReadOnlyList<DeadLetter>>(
        session =>
        {
            var letters = new List<DeadLetter>();
            var rows = session.Prepare("SELECT project, identity, time, CAST(payload AS TEXT), reason, refused_at FROM dead_letter ORDER BY id");
            while (rows.Step()) letters.Add(new(rows.Text(0), rows.Text(1), rows.Int64(2), rows.Text(3), rows.Text(4), rows.Int64(5)));
            return letters;
        },
        Cancel);

    protected override Task<string> DumpAsync() => _database.Reader.RunAsync(
        session =>
        {
            var dump = new System.Text.StringBuilder();
            foreach (var columns in new[]
            {
                "shard || identity || CAST(payload AS TEXT) FROM outbox", "identity || reason || CAST(payload AS TEXT) FROM dead_letter",
                "identity || successor FROM closed_identity", "state || extension || CAST(payload AS TEXT) FROM orleans_state", "project || ids FROM deletion",
            })
            {
                var rows = session.Prepare("SELECT " + columns);
                while (rows.Step()) dump.AppendLine(rows.Text(0));
            }

            return dump.ToString();
        },
        Cancel);

    protected override Task StoreStateAsync(string key, string service) => _database.Writer.RunAsync(
        session => session.Prepare("INSERT INTO orleans_state (service, state, n0, n1, extension, version, payload) VALUES (?, 'visitor', 0, 0, ?, 1, x'')")
            .Bind(1, service).Bind(2, key).Run(),
        Cancel);

    [Fact]
    public async Task Append_OnAFullDisk_SaysSo_StoresNothing_AndWorksOnceThereIsRoom()
    {
        await AppendAsync(Web, "v:a", "before");
        await WriteAsync("PRAGMA max_page_count=1"); // SQLite takes the present size instead: no page more
        var full = await Assert.ThrowsAsync<OutboxUnavailableException>(() => AppendAsync(Web, "v:a", new string('x', 1 << 20)));
        Assert.Contains("the disk is full", full.Message, StringComparison.Ordinal);
        Assert.Equal(["before"], await ReadAsync(Web, "v:a"));

        await WriteAsync("PRAGMA max_page_count=1000000");
        await AppendAsync(Web, "v:a", "after");
        Assert.Equal(["before", "after"], await ReadAsync(Web, "v:a"));
    }

    [Fact]
    public async Task Disk_WithLessThanItsReserve_TakesNoMoreEvents_ButLetsDeliveredOnesGo_AndTakesEventsOnceThereIsRoom()
    {
        await AppendAsync(Web, "v:a", "1", "2");
        var rows = await ReadRowsAsync(Web, "v:a");
        LetDiskHave(SqliteOutbox.ReserveBytes - 1);
        await Assert.ThrowsAsync<OutboxUnavailableException>(() => AppendAsync(Web, "v:a", "3"));
        await Assert.ThrowsAsync<OutboxUnavailableException>(() => MoveAsync("v:a", "u:1", "login"));
        var check = await Assert.ThrowsAsync<OutboxUnavailableException>(() => Outbox.CheckAsync(Cancel));
        Assert.Contains("less than 64 MB free", check.Message, StringComparison.Ordinal);
        await Outbox.RemoveAsync(LaneOf(Web, "v:a").Shard, [rows[0].Position]).WaitAsync(Patience);
        Assert.Equal(1, await Outbox.BuryAsync(LaneOf(Web, "v:a").Shard, [new RefusedRow(rows[1].Position, "no")]).WaitAsync(Patience));
        Assert.Empty(await ReadAllAsync());

        LetDiskHave(SqliteOutbox.ReserveBytes);
        await AppendAsync(Web, "v:a", "4");
        await Outbox.CheckAsync(Cancel);
        Assert.Equal(["4"], await ReadAsync(Web, "v:a"));
    }

    [Fact]
    public async Task Disk_IsAskedOnceASecond()
    {
        for (var i = 0; i < 5; i++) await AppendAsync(Web, "v:a", $"{i}");
        Assert.Equal(1, _asked);
        Clock.Advance(TimeSpan.FromMilliseconds(999));
        await AppendAsync(Web, "v:a", "5");
        Assert.Equal(1, _asked);
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        await AppendAsync(Web, "v:a", "6");
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task Disk_ThatDoesNotAnswer_HasNoRoom()
    {
        _freeBytes = _ => throw new DriveNotFoundException();
        await Assert.ThrowsAsync<OutboxUnavailableException>(() => AppendAsync(Web, "v:a", "1"));
    }

    [Fact]
    public void Disk_OfThisMachine_IsAskedUnlessAnotherAnswerIsGiven()
    {
        // Its answer may be either: what counts is that the question is understood, for a folder that exists only.
        var outbox = new SqliteOutbox(_database, Service, Clock);
        Assert.Equal(new DriveInfo(_folder.Path).AvailableFreeSpace >= SqliteOutbox.ReserveBytes, outbox.HasRoom);
        Directory.Move(_folder.Path, _folder.Path + "-away");
        Assert.False(new SqliteOutbox(_database, Service, Clock).HasRoom);
        Directory.Move(_folder.Path + "-away", _folder.Path);
    }

    [Fact]
    public async Task Append_WhileAnotherProgramHoldsTheFile_SaysSo_AndWorksOnceItLetsGo()
    {
        await StopAsync();
        _folder.BusyTimeout = TimeSpan.FromMilliseconds(50);
        await StartAsync();
        using (var other = new SqliteConnection($"Data Source={_folder.File};Pooling=False"))
        {
            other.Open();
            using var transaction = other.BeginTransaction(deferred: false);
            var locked = await Assert.ThrowsAsync<OutboxUnavailableException>(() => AppendAsync(Web, "v:a", "1"));
            Assert.Contains("locked by another program", locked.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<OutboxUnavailableException>(() => Outbox.CheckAsync(Cancel));
        }

        await AppendAsync(Web, "v:a", "2");
        Assert.Equal(["2"], await ReadAsync(Web, "v:a"));
    }

    [Fact]
    public async Task Group_WithARowThatTheDatabaseRefuses_IsRolledBackWhole()
    {
        await WriteAsync("CREATE TRIGGER refuse BEFORE INSERT ON outbox WHEN new.identity = 'v:poison' BEGIN SELECT RAISE(ABORT, 'no'); END");
        AppendOperation[] group = [Append("v:a", "1"), Append("v:poison", "2"), Append("v:b", "3")];
        await Assert.ThrowsAsync<OutboxUnavailableException>(() => Engine.CommitAsync(group, Cancel));
        Assert.Empty(await ReadAllAsync());

        await Engine.CommitAsync([Append("v:a", "1"), Append("v:b", "3")], Cancel);
        Assert.Equal(["1", "3"], (await ReadAllAsync()).Select(TextOf).Order());
    }

    /// <summary>What a killed process leaves is the two files as they are at that moment; so is a copy of them.</summary>
    [Fact]
    public async Task Kill_AtAnyMomentWhileAppending_LosesNothingThatWasAcknowledged()
    {
        for (var round = 0; round < 5; round++)
        {
            var acknowledged = 0;
            using var enough = new CancellationTokenSource();
            var enoughForACopy = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var appending = Task.Run(async () =>
            {
                for (var i = 0; !enough.IsCancellationRequested; i++)
                {
                    await AppendAsync(Web, $"v:{round}", $"{i}");
                    Volatile.Write(ref acknowledged, i + 1);
                    if (i == 20 + 7 * round) enoughForACopy.SetResult();
                }
            });
            await enoughForACopy.Task.WaitAsync(Patience);

            var promised = Volatile.Read(ref acknowledged);
            using var remains = _folder.Copy();
            await enough.CancelAsync();
            await appending.WaitAsync(Patience);

            await using var reopened = await remains.OpenAsync();
            var survivors = await new SqliteOutbox(reopened, Service, TimeProvider.System).ReadLaneAsync(LaneOf(Web, $"v:{round}"), Cancel);
            Assert.InRange(survivors.Pending, promised, acknowledged);
        }
    }

    [Fact]
    public async Task Check_OfAFileThatSomebodyDeleted_Fails()
    {
        File.Delete(_folder.File);
        await Assert.ThrowsAsync<OutboxUnavailableException>(() => Outbox.CheckAsync(Cancel));
    }

    [Theory]
    [InlineData("SELECT position, payload FROM outbox INDEXED BY outbox_by_shard WHERE shard = 'web/1' ORDER BY position LIMIT 5")]
    [InlineData("INSERT INTO outbox (shard, identity, time, payload) SELECT 'web/1', 'u:1', time, payload FROM outbox INDEXED BY outbox_by_identity WHERE identity = 'v:a' AND shard >= 'web/' AND shard < 'web0' ORDER BY position")]
    [InlineData("SELECT min(shard) FROM outbox WHERE shard > 'web/1'")]
    public async Task Reading_NeverSortsAndNeverWalksTheTable(string sql)
    {
        var plan = await _database.Reader.RunAsync(
            session =>
            {
                var lines = new List<string>();
                var rows = session.Prepare("EXPLAIN QUERY PLAN " + sql);
                while (rows.Step()) lines.Add(rows.Text(3));
                return string.Join("; ", lines);
            },
            Cancel);
        Assert.Contains("SEARCH outbox USING", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("SCAN outbox", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("B-TREE", plan, StringComparison.Ordinal);
    }

    private static AppendOperation Append(string identity, string text) => new(LaneOf(Web, identity), [Event(text)]);

    private void LetDiskHave(long bytes)
    {
        _freeBytes = _ => bytes;
        Clock.Advance(TimeSpan.FromSeconds(1));
    }

    private Task<int> WriteAsync(string sql) => _database.Writer.RunAsync(session => session.Prepare(sql).Run(), Cancel);
}
