using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Storage;
using SpidOrleans.Cluster;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Storage;
using SpidOrleans.Storage.Sqlite;
using Xunit;

namespace SpidOrleans.UnitTests.Storage;

/// <summary>Orleans' own ADO.NET storage on our schema and our connection, registered as a silo registers it.</summary>
public sealed class SqliteGrainStorageTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly GrainId Grain = GrainId.Create("user", "u:1");

    private readonly DatabaseFolder _folder = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly ServiceProvider _services;

    public SqliteGrainStorageTests() => _services = new ServiceCollection()
        .AddSingleton<TimeProvider>(_clock)
        .AddLogging().AddSerializer().Configure<ClusterOptions>(options => options.ServiceId = "spid")
        .AddSqliteStorage(options => options.ConnectionString = $"Data Source={_folder.File}")
        .AddSqliteGrainStorage().BuildServiceProvider();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IGrainStorage Storage => _services.GetRequiredKeyedService<IGrainStorage>(SpidCluster.StateProvider);

    private SqliteDatabase Database => _services.GetRequiredService<SqliteDatabase>();

    public async ValueTask InitializeAsync()
    {
        await _services.GetRequiredService<IStorage>().InitializeAsync(Cancel);
        var silo = new SiloLifecycleSubject(NullLogger<SiloLifecycleSubject>.Instance);
        foreach (var participant in _services.GetServices<ILifecycleParticipant<ISiloLifecycle>>()) participant.Participate(silo);
        await silo.OnStart(Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Write_IsReadBack_AndAnotherStateNameOrGrainIsAnotherRow()
    {
        await WriteAsync(State("Ada"));

        Assert.Equal("Ada", (await ReadAsync()).State!.DisplayName);
        Assert.False((await ReadAsync(stateName: "visitor")).RecordExists);
        var other = await ReadAsync(GrainId.Create("user", "u:2"));
        Assert.False(other.RecordExists);
        Assert.Null(other.ETag);
        Assert.Equal(UserProfile.Empty, other.State);
    }

    [Fact]
    public async Task Write_OverANewerVersion_IsAConflictAndChangesNothing()
    {
        var state = State("1");
        await WriteAsync(state);
        var stale = new GrainState<UserProfile>(state.State, state.ETag) { RecordExists = true };
        state.State = Profile("2");
        await WriteAsync(state);

        stale.State = Profile("stale");
        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync(stale));
        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync(State("a second first write")));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync("user", Grain, stale));
        Assert.Equal("2", (await ReadAsync()).State!.DisplayName);
        Assert.Equal(state.ETag, (await ReadAsync()).ETag);
    }

    [Fact]
    public async Task Clear_RemovesTheRow_AndAStaleWriteDoesNotBringItBack()
    {
        var state = State("Ada");
        await WriteAsync(state);
        var stale = new GrainState<UserProfile>(state.State, state.ETag) { RecordExists = true };
        await Storage.ClearStateAsync("user", Grain, state);
        Assert.False(state.RecordExists);
        Assert.Null(state.State!.DisplayName);
        Assert.Equal(0, await CountAsync("SELECT count(*) FROM orleans_state"));

        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync(stale));
        Assert.Equal(0, await CountAsync("SELECT count(*) FROM orleans_state"));
        await WriteAsync(State("anew"));
        Assert.Equal("anew", (await ReadAsync()).State!.DisplayName);
    }

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
        _clock.Advance(SqliteThread.AnswerTimeout);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => write.WaitAsync(Patience));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => clear.WaitAsync(Patience));

        release.Set();
        Assert.True(await holding.WaitAsync(Patience));
        Assert.Equal(0, await CountAsync("PRAGMA user_version")); // behind them in the writer's queue
        Assert.Equal(("Ada", etag), ((await ReadAsync()).State!.DisplayName, (await ReadAsync()).ETag));
    }

    [Fact]
    public async Task Write_OnAFullDisk_SaysSo_LeavesTheStateAsItWas_AndWorksOnceThereIsRoom()
    {
        var state = State("Ada");
        await WriteAsync(state);
        var etag = state.ETag;
        await CountAsync("PRAGMA max_page_count=1");
        state.State = Profile(new string('x', 1 << 20));
        var full = await Assert.ThrowsAsync<StorageUnavailableException>(() => WriteAsync(state));
        Assert.Contains("the disk is full", full.Message, StringComparison.Ordinal);
        Assert.Equal(etag, state.ETag);

        await CountAsync("PRAGMA max_page_count=1000000");
        await WriteAsync(state);
        Assert.Equal(1 << 20, (await ReadAsync()).State!.DisplayName!.Length);
    }

    [Fact]
    public async Task Writes_AmongCommitsOfTheOutbox_NeverMeetALockedFile()
    {
        var outbox = _services.GetRequiredService<IOutboxEngine>();
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
        Assert.Equal(200, await CountAsync("SELECT count(*) FROM outbox"));
    }

    private static UserProfile Profile(string name) => new() { DisplayName = name };

    private static GrainState<UserProfile> State(string name) => new(Profile(name));

    private Task WriteAsync(GrainState<UserProfile> state) => Storage.WriteStateAsync("user", Grain, state);

    private async Task<GrainState<UserProfile>> ReadAsync(GrainId? grain = null, string stateName = "user")
    {
        var state = new GrainState<UserProfile>();
        await Storage.ReadStateAsync(stateName, grain ?? Grain, state).WaitAsync(Patience);
        return state;
    }

    private Task<long> CountAsync(string sql) => Database.Writer.RunAsync(
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
