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

    protected override async Task<IOutboxEngine> OpenEngineAsync()
    {
        _database = await _folder.OpenAsync();
        return new SqliteOutbox(_database, TimeProvider.System);
    }

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
            var survivors = await new SqliteOutbox(reopened, TimeProvider.System).ReadLaneAsync(LaneOf(Web, $"v:{round}"), Cancel);
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

    private Task<int> WriteAsync(string sql) => _database.Writer.RunAsync(session => session.Prepare(sql).Run(), Cancel);
}
