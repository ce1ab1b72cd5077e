using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Storage;
using SpidOrleans.Cluster;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Storage;
using Xunit;

namespace SpidOrleans.UnitTests.Storage;

/// <summary>Orleans' own ADO.NET storage on our schema and our connections, registered as a silo registers it.</summary>
public abstract class GrainStorageConformance : IAsyncLifetime
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    protected static readonly GrainId Grain = GrainId.Create("user", "u:1");

    private ServiceProvider? _services;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected FakeTimeProvider Clock { get; } = new();

    protected IServiceProvider Services => _services!;

    protected IGrainStorage Storage => Services.GetRequiredKeyedService<IGrainStorage>(SpidCluster.StateProvider);

    protected abstract Task AddStorageAsync(IServiceCollection services);

    protected abstract Task<long> CountAsync(string table);

    /// <summary>Deletes the database, after the last close.</summary>
    protected virtual void Discard()
    {
    }

    public async ValueTask InitializeAsync()
    {
        var services = new ServiceCollection()
            .AddSingleton<TimeProvider>(Clock)
            .AddLogging().AddSerializer().Configure<ClusterOptions>(options => options.ServiceId = "spid");
        await AddStorageAsync(services);
        _services = services.BuildServiceProvider();
        await Services.GetRequiredService<IStorage>().InitializeAsync(Cancel);
        var silo = new SiloLifecycleSubject(NullLogger<SiloLifecycleSubject>.Instance);
        foreach (var participant in Services.GetServices<ILifecycleParticipant<ISiloLifecycle>>()) participant.Participate(silo);
        await silo.OnStart(Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (_services is not null) await _services.DisposeAsync();
        Discard();
        GC.SuppressFinalize(this);
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
        Assert.Equal(0, await CountAsync("orleans_state"));

        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync(stale));
        Assert.Equal(0, await CountAsync("orleans_state"));
        await WriteAsync(State("anew"));
        Assert.Equal("anew", (await ReadAsync()).State!.DisplayName);
    }

    [Fact]
    public async Task Read_ByManyActivationsAtOnce_GivesEachItsOwn()
    {
        for (var i = 0; i < 50; i += 2) await Storage.WriteStateAsync("user", GrainId.Create("user", $"u:{i}"), State($"{i}"));
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            var state = await ReadAsync(GrainId.Create("user", $"u:{i}"));
            Assert.Equal(i % 2 == 0 ? $"{i}" : null, state.State!.DisplayName);
            Assert.Equal(i % 2 == 0, state.RecordExists);
        }));
    }

    protected static UserProfile Profile(string name) => new() { DisplayName = name };

    protected static GrainState<UserProfile> State(string name) => new(Profile(name));

    protected Task WriteAsync(GrainState<UserProfile> state) => Storage.WriteStateAsync("user", Grain, state);

    protected async Task<GrainState<UserProfile>> ReadAsync(GrainId? grain = null, string stateName = "user")
    {
        var state = new GrainState<UserProfile>();
        await Storage.ReadStateAsync(stateName, grain ?? Grain, state).WaitAsync(Patience);
        return state;
    }
}
