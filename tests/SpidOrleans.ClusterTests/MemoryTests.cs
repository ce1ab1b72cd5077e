using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.TestingHost;
using SpidOrleans.Cluster;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Intake;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Storage.Sqlite;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>What a visitor costs while it is in memory. Nothing is delivered here: only the grains are weighed.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests : IAsyncLifetime
{
    private const int BytesMax = 3 * 1_024;
    private const int BytesWithoutGrainMax = 700;
    private const int Visitors = 20_000;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spid-memory-");
    private SqliteDatabase? _database;
    private InProcessTestCluster? _cluster;

    public async ValueTask InitializeAsync()
    {
        _database = new SqliteDatabase(
            Options.Create(new SqliteStorageOptions { ConnectionString = $"Data Source={Path.Combine(_folder.FullName, "test.db")}" }),
            TimeProvider.System, NullLogger<SqliteDatabase>.Instance);
        await _database.InitializeAsync(CancellationToken.None);

        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSiloHost((_, host) =>
        {
            host.Services.AddSingleton(new ClusterSettings
            {
                Projects = ImmutableDictionary<string, ProjectSettings>.Empty
                    .Add("a", new ProjectSettings("a", "token", new Uri("http://127.0.0.1:1"), null, null, null, 8)),
                PendingPerLane = 1_000,
            });
            host.Services.AddSqliteStorage(_ => { });
            host.Services.AddSingleton(_database);
            host.Services.AddSpidOutbox();
        });
        builder.ConfigureSilo((_, silo) => silo.AddSqliteGrainStorage().AddSpidGrains());
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
        if (_database is not null) await _database.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task AVisitorWithItsGrain_CostsAtMostThreeKilobytes()
    {
        var each = await WeighAsync((visitor, source, e) => _cluster!.Client.GetVisitor(visitor).TrackAsync(source, [e], fromBrowser: false));
        Assert.InRange(each, 500, BytesMax);
    }

    [Fact]
    public async Task AVisitorOfWhomNothingIsStored_NeedsNoGrain()
    {
        var intake = _cluster!.Silos[0].ServiceProvider.GetRequiredService<IIntake>();
        var each = await WeighAsync(async (visitor, source, e) => (await intake.TrackAsync(source, [new IdentityEvents { Visitor = visitor, Events = [e] }])).Outcome);
        Assert.InRange(each, 100, BytesWithoutGrainMax);
    }

    private static async Task<long> WeighAsync(Func<VisitorId, EventSource, TrackedEvent, Task<TrackOutcome>> track)
    {
        await TrackAsync(2_000, track);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await TrackAsync(Visitors, track);
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Visitors;
        TestContext.Current.SendDiagnosticMessage("an active visitor costs {0} bytes", each);
        return each;
    }

    private static async Task TrackAsync(int visitors, Func<VisitorId, EventSource, TrackedEvent, Task<TrackOutcome>> track)
    {
        var source = new EventSource { ClientName = "Test", Project = "a" };
        foreach (var some in Enumerable.Range(0, visitors).Chunk(500))
        {
            await Task.WhenAll(some.Select(async number =>
            {
                var e = new TrackedEvent { Name = "Page viewed", TimeMs = 1_700_000_000_000 + number, InsertId = $"i-{number}" };
                Assert.Equal(TrackOutcome.Stored, await track(VisitorId.New(), source, e));
            }));
        }
    }
}
