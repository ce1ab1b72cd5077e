using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Storage;
using SpidOrleans.Storage.Sqlite;
using Xunit;

namespace SpidOrleans.UnitTests.Storage;

public sealed class SqliteProjectsTests : IAsyncLifetime
{
    private readonly DatabaseFolder _folder = new();
    private SqliteDatabase _database = null!;
    private SqliteProjects _projects = null!;
    private SqliteOutbox _outbox = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await _folder.OpenAsync();
        _projects = new SqliteProjects(_database);
        _outbox = new SqliteOutbox(_database, "spid", TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task EnsureShards_OfAProjectWithoutPendingEvents_TakesTheNewNumber()
    {
        await EnsureAsync(("web", 8));
        await AppendAsync("web-2"); // a name that begins alike
        Assert.Equal(4, (await EnsureAsync(("web", 4)))["web"]);
        Assert.Equal(4, (await EnsureAsync())["web"]);
    }

    [Fact]
    public async Task EnsureShards_WhileEventsArePending_NamesTheKeyAndBothNumbers_AndRecordsNothing()
    {
        await EnsureAsync(("web", 8), ("app", 2), ("idle", 1));
        await AppendAsync("web", "web", "app");

        var refusal = await Assert.ThrowsAsync<ShardsChangedException>(() => EnsureAsync(("idle", 9), ("web", 4), ("app", 3)));
        Assert.Equal(
            [
                "Projects:web:Shards is 4, but 2 pending events were placed with 8: set it to 8 until they are delivered",
                "Projects:app:Shards is 3, but 1 pending events were placed with 2: set it to 2 until they are delivered",
            ],
            refusal.Message.Split(Environment.NewLine));

        var known = await EnsureAsync(("web", 8));
        Assert.Equal((8, 2, 1), (known["web"], known["app"], known["idle"]));
    }

    [Fact]
    public async Task EnsureShards_StillKnowsProjectsThatAreNoLongerConfigured()
    {
        await EnsureAsync(("web", 8));
        var known = await EnsureAsync(("app", 2));
        Assert.Equal(["app 2", "web 8"], known.Select(project => $"{project.Key} {project.Value}").Order());
    }

    private Task<IReadOnlyDictionary<string, int>> EnsureAsync(params (string Name, int Shards)[] projects) =>
        _projects.EnsureShardsAsync(projects.ToDictionary(project => project.Name, project => project.Shards), Cancel);

    private Task AppendAsync(params string[] projects) => _outbox.CommitAsync(
        [.. projects.Select(project => new AppendOperation(new Lane(new Shard(project, 0), "v:a"), [new OutboxEvent(1, default)]))], Cancel);
}
