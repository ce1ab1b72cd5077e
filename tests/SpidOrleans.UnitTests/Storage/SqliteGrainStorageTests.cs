using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Storage;
using SpidOrleans.Storage.Sqlite;
using Xunit;

namespace SpidOrleans.UnitTests.Storage;

/// <summary>The suite on SQLite, and what comes of its one writer.</summary>
public sealed class SqliteGrainStorageTests : GrainStorageConformance
{
    private readonly DatabaseFolder _folder = new();

    private SqliteDatabase Database => Services.GetRequiredService<SqliteDatabase>();

    protected override Task AddStorageAsync(IServiceCollection services)
    {
        services.AddSqliteStorage(options => options.ConnectionString = $"Data Source={_folder.File}").AddSqliteGrainStorage();
        return Task.CompletedTask;
    }

    protected override Task<long> CountAsync(string table) => AskAsync($"SELECT count(*) FROM {table}");

    protected override void Discard() => _folder.Dispose();

    [Fact]
    public async Task Write_UsesTheWritersOwnConnection_WhichWaitsForTheDisk()
    {
        var source = new SqliteStateSource(Database);
        await Database.Writer.RunAsync(
            session =>
            {
                using (var lent = source.OpenConnection())
                {
                    Assert.Same(session.Connection, lent);
                    using var command = lent.CreateCommand();
                    command.CommandText = "PRAGMA synchronous";
                    Assert.Equal(2L, command.ExecuteScalar()); // FULL
                }

                Assert.Equal(System.Data.ConnectionState.Open, session.Connection.State);
                return true;
            },
            Cancel);

        // And the storage does go that way: while the writer is held, a write waits, and no thread of the pool with it.
        using var release = new ManualResetEventSlim();
        var holding = Database.Writer.RunAsync(_ => release.Wait(Patience), Cancel);
        var write = WriteAsync(State("Ada"));
        await ReadAsync();
        Assert.False(write.IsCompleted);
        release.Set();
        await write.WaitAsync(Patience);
        Assert.True(await holding);
    }

    [Fact]
    public async Task WriteOrClear_WhoseCallerHasTimedOut_DoesNotBeginAfterwards()
    {
        var state = State("Ada");
        await WriteAsync(state);
        var etag = state.ETag;
        using var release = new ManualResetEventSlim();
        var isHeld = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var holding = Database.Writer.RunAsync(
            _ =>
            {
                isHeld.SetResult();
                return release.Wait(Patience);
            },
            TimeSpan.FromDays(1), Cancel);
        await isHeld.Task.WaitAsync(Patience);
        var write = WriteAsync(new GrainState<UserProfile>(Profile("late"), etag) { RecordExists = true });
        var clear = Storage.ClearStateAsync("user", Grain, new GrainState<UserProfile>(state.State!, etag) { RecordExists = true });
        Clock.Advance(SqliteThread.AnswerTimeout);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => write.WaitAsync(Patience));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => clear.WaitAsync(Patience));

        release.Set();
        Assert.True(await holding.WaitAsync(Patience));
        Assert.Equal(0, await AskAsync("PRAGMA user_version")); // behind them in the writer's queue
        Assert.Equal(("Ada", etag), ((await ReadAsync()).State!.DisplayName, (await ReadAsync()).ETag));
    }

    [Fact]
    public async Task Write_OnAFullDisk_SaysSo_LeavesTheStateAsItWas_AndWorksOnceThereIsRoom()
    {
        var state = State("Ada");
        await WriteAsync(state);
        var etag = state.ETag;
        await AskAsync("PRAGMA max_page_count=1");
        state.State = Profile(new string('x', 1 << 20));
        var full = await Assert.ThrowsAsync<StorageUnavailableException>(() => WriteAsync(state));
        Assert.Contains("the disk is full", full.Message, StringComparison.Ordinal);
        Assert.Equal(etag, state.ETag);

        await AskAsync("PRAGMA max_page_count=1000000");
        await WriteAsync(state);
        Assert.Equal(1 << 20, (await ReadAsync()).State!.DisplayName!.Length);
    }

    [Fact]
    public async Task Writes_AmongCommitsOfTheOutbox_NeverMeetALockedFile()
    {
        var outbox = Services.GetRequiredService<IOutboxEngine>();
        var commits = Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
                await outbox.CommitAsync([new AppendOperation(new Lane(new Shard("web", 0), "v:a"), [new OutboxEvent(i, new byte[600])])], Cancel);
        });
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            var (grain, state) = (GrainId.Create("user", $"u:{i}"), State($"{i}"));
            for (var n = 0; n < 10; n++) await Storage.WriteStateAsync("user", grain, state);
            Assert.Equal("10", state.ETag);
        })).WaitAsync(Patience);
        await commits.WaitAsync(Patience);
        Assert.Equal(200, await CountAsync("outbox"));
    }

    private Task<long> AskAsync(string sql) => Database.Writer.RunAsync(
        session =>
        {
            var statement = session.Prepare(sql);
            statement.Step();
            var count = long.Parse(statement.Text(0), CultureInfo.InvariantCulture);
            statement.Reset();
            return count;
        },
        Cancel);
}
