using System.Collections.Immutable;
using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Storage;
using Orleans.TestingHost;
using SpidOrleans.Cluster;
using SpidOrleans.Cluster.Consent;
using SpidOrleans.Cluster.Emission;
using SpidOrleans.Cluster.Lanes;
using SpidOrleans.Cluster.Operations;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.ClusterTests.Faults;
using SpidOrleans.Contracts.DeadLetters;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Groups;
using SpidOrleans.Contracts.Intake;
using SpidOrleans.Contracts.Operations;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Mixpanel.Delivery;
using SpidOrleans.Storage.Sqlite;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>Two silos in this process, each with a writer of its own, on one SQLite file; two projects at one stand-in.</summary>
public class SpidTestCluster : IAsyncLifetime
{
    public static readonly string[] Projects = ["a", "b"];

    /// <summary>One more, with Original ID Merge.</summary>
    public const string Original = "original";

    /// <summary>Another, whose rate is <see cref="SlowEventsPerSecond"/>.</summary>
    public const string Slow = "slow";

    public const int SlowEventsPerSecond = 5;

    public const int PendingPerLane = 1_000;

    private const int Shards = 4;

    /// <summary>So long that no test's events go.</summary>
    public static readonly TimeSpan HeldRetention = TimeSpan.FromDays(1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spid-cluster-");
    private SqliteDatabase? _database;
    private InProcessTestCluster? _cluster;

    private string DatabasePath => Path.Combine(_folder.FullName, "test.db");

    /// <summary>Whoever has not decided is not tracked yet.</summary>
    public virtual bool HoldsUndecided => false;

    /// <summary>The emitters' clock.</summary>
    protected virtual TimeProvider Pauses { get; } = new FastTime();

    public MixpanelStandIn StandIn { get; private set; } = null!;

    public Crashes Crashes { get; } = new();

    /// <summary>Warnings and worse of both silos.</summary>
    public LogRecorder Log { get; } = new();

    public async ValueTask InitializeAsync()
    {
        StandIn = await MixpanelStandIn.StartAsync();
        var settings = new ClusterSettings
        {
            Projects = Projects.Append(Original).Append(Slow).ToImmutableDictionary(
                name => name,
                name => new ProjectSettings(name, "token-" + name, StandIn.Endpoint, null, null, null, Shards)
                {
                    DeletionToken = "delete-" + name,
                    HasOriginalIdMerge = name == Original,
                    EventsPerSecond = name == Slow ? SlowEventsPerSecond : ProjectSettings.EventsPerSecondDefault,
                }),
            PendingPerLane = PendingPerLane,
            HoldsUndecided = HoldsUndecided,
            HeldRetention = HeldRetention,
        };

        _database = new SqliteDatabase(
            Options.Create(new SqliteStorageOptions { ConnectionString = $"Data Source={DatabasePath}" }),
            TimeProvider.System,
            NullLogger<SqliteDatabase>.Instance);
        await _database.InitializeAsync(CancellationToken.None);

        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSiloHost((_, host) =>
        {
            host.Services.AddSingleton(settings);
            host.Logging.AddProvider(Log);
            host.Services.AddKeyedSingleton(EmissionLimits.Clock, Pauses);
            host.Services.AddMixpanel();
            host.Services.AddSqliteStorage(_ => { });
            host.Services.AddSingleton(_database);
            host.Services.AddSpidOutbox();
            host.Services.AddSingleton<IOutbox>(services => new CrashingOutbox(services.GetRequiredService<GroupCommitOutbox>(), Crashes));
        });
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddSqliteGrainStorage().AddSpidGrains();
            silo.Services.AddSpidEmission();
            var sound = silo.Services.Last(d => d.ServiceType == typeof(IGrainStorage) && d.ServiceKey is SpidCluster.StateProvider);
            silo.Services.AddKeyedSingleton<IGrainStorage>(SpidCluster.StateProvider, (services, key) =>
                new CrashingStorage((IGrainStorage)sound.KeyedImplementationFactory!(services, key), Crashes));
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
        if (_database is not null) await _database.DisposeAsync();
        await StandIn.DisposeAsync();
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    public IVisitorGrain Visitor(VisitorId id) => Visitor(id.ToString());

    public IVisitorGrain Visitor(string id) => _cluster!.Client.GetGrain<IVisitorGrain>("v:" + id);

    public IUserGrain User(string id) => _cluster!.Client.GetGrain<IUserGrain>("u:" + id);

    public IGroupGrain Group(GroupId group) => _cluster!.Client.GetGrain<IGroupGrain>(group.Key);

    public IDeadLetterGrain Letters => _cluster!.Client.GetGrain<IDeadLetterGrain>(0);

    public UserId UserIdOf(string text) => UserId.TryParse(text, out var id) ? id : throw new ArgumentException(text);

    public EventSource Source(string project) => new() { ClientName = "Test", Project = project };

    /// <summary>Grains lose their memory, as after a crash, and so do the silos of all lanes that no grain uses.</summary>
    public async Task ForgetAsync(params IAddressable[] grains)
    {
        foreach (var grain in grains) await _cluster!.DeactivateAsync(grain);
        foreach (var silo in _cluster!.Silos) silo.ServiceProvider.GetRequiredService<VisitorLanes>().Forget(TimeSpan.Zero);
    }

    /// <summary>Events as a silo's endpoints hand them in.</summary>
    /// <param name="silo">0 or 1.</param>
    public IIntake Intake(int silo) => _cluster!.Silos[silo].ServiceProvider.GetRequiredService<IIntake>();

    /// <summary>What the console of a silo asks.</summary>
    /// <param name="silo">0 or 1.</param>
    public IOperations Operations(int silo) => _cluster!.Silos[silo].ServiceProvider.GetRequiredService<IOperations>();

    /// <summary>What an emitter of that silo asks before it sends.</summary>
    internal ProjectHalts Halts(int silo) => _cluster!.Silos[silo].ServiceProvider.GetRequiredService<ProjectHalts>();

    /// <summary>Moves a visitor's lane as another silo's activation would, without this cluster's grains knowing.</summary>
    public Task CloseBehindItsBackAsync(VisitorId visitor, string user) => _cluster!.Silos[0].ServiceProvider.GetRequiredService<GroupCommitOutbox>()
        .MoveAsync(visitor.Key, user, _ => Shards, Projects[0], new OutboxEvent(1, "{}"u8.ToArray()));

    /// <summary>All that is stored, as text.</summary>
    public async Task<string> DumpAsync()
    {
        await using var connection = new SqliteConnection($"Data Source={DatabasePath};Mode=ReadOnly;Pooling=False");
        await connection.OpenAsync();
        var dump = new StringBuilder();
        foreach (var table in await ReadAsync("SELECT name FROM sqlite_schema WHERE type = 'table'"))
        {
            var columns = await ReadAsync($"SELECT name FROM pragma_table_info('{table}')");
            foreach (var row in await ReadAsync($"SELECT {string.Join(" || '|' || ", columns.Select(column => $"coalesce(CAST({column} AS TEXT), '')"))} FROM {table}"))
                dump.Append(table).Append(": ").AppendLine(row);
        }

        return dump.ToString();

        async Task<List<string>> ReadAsync(string sql)
        {
            var rows = new List<string>();
            await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Names of our own tables.
            command.CommandText = sql;
#pragma warning restore CA2100
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) rows.Add(reader.GetString(0));
            return rows;
        }
    }

    /// <summary>Looks for what has been held too long, as each silo does.</summary>
    /// <param name="later">By so much the clock of this look is ahead.</param>
    public Task LetHeldEventsGoAsync(TimeSpan later)
    {
        var services = _cluster!.Silos[0].ServiceProvider;
        var clock = new ShiftedTime();
        clock.Advance(later);
        return new HeldEventSweep(
            services.GetRequiredService<IHeldEventStore>(), services.GetRequiredService<ClusterSettings>(), clock,
            services.GetRequiredService<ILogger<HeldEventSweep>>()).LetGoAsync(CancellationToken.None);
    }

    public async Task<long> DeadLettersAsync(string project, string identity)
    {
        await using var connection = new SqliteConnection($"Data Source={DatabasePath};Mode=ReadOnly;Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM dead_letter WHERE project = $project AND identity = $identity";
        command.Parameters.AddWithValue("$project", project);
        command.Parameters.AddWithValue("$identity", identity);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Returns once nothing waits for delivery: a fault that a test plans must not meet another test's last events.</summary>
    public async Task SettleAsync()
    {
        var outbox = _cluster!.Silos[0].ServiceProvider.GetRequiredService<GroupCommitOutbox>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await outbox.ReadShardsAsync(limit.Token)).Count > 0) await Task.Delay(20, limit.Token);
    }

    /// <summary>Everything that reached Mixpanel, once <paramref name="isComplete"/> says so.</summary>
    public async Task<IReadOnlyList<Arrival>> ArrivalsAsync(Func<IReadOnlyList<Arrival>, bool> isComplete)
    {
        var deadline = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(30);
        while (true)
        {
            var arrivals = StandIn.Arrivals.Snapshot();
            if (isComplete(arrivals)) return arrivals;
            await StandIn.Arrivals.WaitForCountAsync(arrivals.Count + 1, deadline - TimeProvider.System.GetUtcNow());
        }
    }
}
