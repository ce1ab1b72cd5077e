using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Storage;
using Orleans.TestingHost;
using SpidOrleans.Cluster;
using SpidOrleans.Cluster.Emission;
using SpidOrleans.ClusterTests.Faults;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Mixpanel.Delivery;
using SpidOrleans.Storage.Sqlite;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>One silo whose clock tests put forward, and whose state writes are counted.</summary>
public sealed class SessionCluster : IAsyncLifetime
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(2);

    public static readonly TimeSpan RememberLifetime = TimeSpan.FromDays(90);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spid-session-");
    private readonly StateWrites _writes = new();
    private SqliteDatabase? _database;
    private InProcessTestCluster? _cluster;

    public MixpanelStandIn StandIn { get; private set; } = null!;

    public ShiftedTime Clock { get; } = new();

    /// <summary>Of all grains, so far.</summary>
    public int Writes => _writes.Count;

    public async ValueTask InitializeAsync()
    {
        StandIn = await MixpanelStandIn.StartAsync();
        var settings = new ClusterSettings
        {
            Projects = ImmutableDictionary<string, ProjectSettings>.Empty.Add("a", new ProjectSettings("a", "token-a", StandIn.Endpoint, null, null, null, 1)),
            SessionLifetime = Lifetime,
            RememberLifetime = RememberLifetime,
        };
        _database = new SqliteDatabase(
            Options.Create(new SqliteStorageOptions { ConnectionString = $"Data Source={Path.Combine(_folder.FullName, "test.db")}" }),
            TimeProvider.System, NullLogger<SqliteDatabase>.Instance);
        await _database.InitializeAsync(CancellationToken.None);

        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSiloHost((_, host) =>
        {
            host.Services.AddSingleton(settings);
            host.Services.AddSingleton<TimeProvider>(Clock);
            host.Services.AddKeyedSingleton<TimeProvider>(EmissionLimits.Clock, new FastTime());
            host.Services.AddMixpanel();
            host.Services.AddSqliteStorage(_ => { });
            host.Services.AddSingleton(_database);
            host.Services.AddSpidOutbox();
        });
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddSqliteGrainStorage().AddSpidGrains();
            silo.Services.AddSpidEmission();
            var sound = silo.Services.Last(d => d.ServiceType == typeof(IGrainStorage) && d.ServiceKey is SpidCluster.StateProvider);
            silo.Services.AddKeyedSingleton<IGrainStorage>(SpidCluster.StateProvider, (services, key) =>
                new CountingStorage((IGrainStorage)sound.KeyedImplementationFactory!(services, key), _writes));
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public IVisitorGrain Visitor(VisitorId id) => _cluster!.Client.GetGrain<IVisitorGrain>(id.Key);

    /// <summary>The grain loses its memory, as after a crash.</summary>
    public Task ForgetAsync(IAddressable grain) => _cluster!.DeactivateAsync(grain);

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
        if (_database is not null) await _database.DisposeAsync();
        await StandIn.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private sealed class StateWrites
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public void Add() => Interlocked.Increment(ref _count);
    }

    private sealed class CountingStorage(IGrainStorage inner, StateWrites writes) : IGrainStorage
    {
        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ReadStateAsync(stateName, grainId, grainState);

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            writes.Add();
            return inner.WriteStateAsync(stateName, grainId, grainState);
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ClearStateAsync(stateName, grainId, grainState);
    }
}
