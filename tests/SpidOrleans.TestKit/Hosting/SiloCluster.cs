namespace SpidOrleans.TestKit.Hosting;

/// <summary>Silos as child processes that share one PostgreSQL database, and so form a cluster.</summary>
public sealed class SiloCluster : IAsyncDisposable
{
    private readonly SiloSettings _settings;
    private readonly List<SiloProcess> _silos = [];

    private SiloCluster(SiloSettings settings) => _settings = settings;

    /// <summary>The silos in the order of their coming, whether they run or not.</summary>
    public IReadOnlyList<SiloProcess> Silos => _silos;

    public SiloProcess this[int number] => _silos[number];

    /// <summary>Starts all silos at once and waits until every one is ready.</summary>
    /// <param name="connectionString">A database that nobody else uses.</param>
    public static async Task<SiloCluster> StartAsync(SiloSettings settings, string connectionString, int silos)
    {
        var cluster = new SiloCluster(settings with
        {
            More = new Dictionary<string, string>(settings.More)
            {
                ["Storage:Provider"] = "PostgreSql",
                ["Storage:ConnectionString"] = connectionString,
            },
        });
        try
        {
            await Task.WhenAll(Enumerable.Range(0, silos).Select(_ => cluster.AddAsync()));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>One more silo; returns when it is ready.</summary>
    public async Task<SiloProcess> AddAsync()
    {
        var silo = await SiloProcess.StartAsync(_settings);
        lock (_silos) _silos.Add(silo);
        return silo;
    }

    /// <summary>Of a silo that has come for a while.</summary>
    public ValueTask RemoveAsync(SiloProcess silo)
    {
        lock (_silos) _silos.Remove(silo);
        return silo.DisposeAsync();
    }

    /// <summary>Thaws and starts again whatever a script has left behind.</summary>
    public Task RestoreAsync() => Task.WhenAll(_silos.Select(async silo =>
    {
        if (silo.IsRunning) silo.Thaw();
        else await silo.StartAsync();
    }));

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos) await silo.DisposeAsync();
    }
}
