using Npgsql;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Postgres;
using SpidOrleans.TestKit.StandIn;

namespace SpidOrleans.ChaosTests.Clusters;

/// <summary>Where the scripts play: three silos, a PostgreSQL of their own, Mixpanel's stand-in. The first script
/// builds it, and each puts right what the one before has left.</summary>
public sealed class Scene : IAsyncDisposable
{
    private readonly string? _build;

    /// <summary>So many that no silo of a few is without any.</summary>
    private const int Shards = 48;

    private const int SiloCount = 3;
    private static readonly TimeSpan DrainedWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private PostgresServer? _postgres;
    private MixpanelStandIn? _mixpanel;
    private SiloCluster? _silos;
    private string _database = "";

    public Scene()
    {
    }

    /// <param name="build">The folder of the build that the silos are of, to begin with.</param>
    internal Scene(string build) => _build = build;

    public PostgresServer Postgres => _postgres!;

    public MixpanelStandIn Mixpanel => _mixpanel!;

    public SiloCluster Silos => _silos!;

    /// <summary>The load of a script begins: everything runs, nothing waits.</summary>
    internal async Task<Load> BeginAsync(int seed)
    {
        _postgres ??= await PostgresServer.StartAsync();
        _mixpanel ??= await MixpanelStandIn.StartAsync();
        if (_database.Length == 0) _database = await Postgres.CreateDatabaseAsync();
        _silos ??= await SiloCluster.StartAsync(
            new SiloSettings
            {
                Mixpanel = Mixpanel.Endpoint,
                Build = _build,
                More = new Dictionary<string, string> { ["Projects:news:Shards"] = $"{Shards}", ["Clients:news:Origins:0"] = PassersBy.Origin },
            },
            _database, SiloCount);
        // Whatever a script that failed has left behind.
        if (Postgres.IsRunning) await Postgres.ThawAsync();
        else await Postgres.StartAgainAsync();
        await Mixpanel.GoAwayAsync();
        await Mixpanel.ComeBackAsync();
        await Silos.RestoreAsync();
        await UntilDrainedAsync();
        Mixpanel.Poison = null;
        Mixpanel.Arrivals.Forget();
        Mixpanel.Refused.Forget();
        return new Load(this, seed);
    }

    /// <summary>Until nothing waits for Mixpanel.</summary>
    public async Task UntilDrainedAsync()
    {
        using var limit = new CancellationTokenSource(DrainedWithin);
        while (await AskAsync("SELECT count(*) FROM outbox") is var waiting and not 0)
        {
            if (limit.IsCancellationRequested) throw new TimeoutException($"{waiting} events still wait for Mixpanel.");
            await Task.Delay(LookEvery, limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What the outbox takes on disk, indexes included.</summary>
    public Task<long> OutboxBytesAsync() => AskAsync("SELECT pg_total_relation_size('outbox')");

    /// <summary>How many events were ever refused for good.</summary>
    public Task<long> DeadLettersAsync() => AskAsync("SELECT count(*) FROM dead_letter");

    public async ValueTask DisposeAsync()
    {
        if (_silos is not null) await _silos.DisposeAsync();
        if (_mixpanel is not null) await _mixpanel.DisposeAsync();
        if (_postgres is not null) await _postgres.DisposeAsync();
    }

    /// <summary>The version of the database's schema.</summary>
    internal Task<long> SchemaVersionAsync() => AskAsync("SELECT max(version)::bigint FROM schema_version");

    private async Task<long> AskAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_database) { Pooling = false, Timeout = 5 }.ToString());
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
