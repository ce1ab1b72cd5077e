using Npgsql;
using SpidOrleans.Benchmarks.Floor;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Postgres;

namespace SpidOrleans.Benchmarks.Running;

/// <summary>The silos against two floors on the same PostgreSQL: one commit for each request, and one for whatever has gathered.</summary>
internal sealed class PostgresSides : ISides
{
    /// <summary>The sink is no Mixpanel: whatever is accepted is delivered at once, at the same cores' cost.</summary>
    private static readonly string Unthrottled = $"Projects:{TestClient.News.Project}:EventsPerSecond";

    /// <summary>Room for the pools of the floors, and for the default pool of each silo.</summary>
    private const int FloorConnectionsMax = 150;
    private const int SiloConnectionsMax = 100;

    private readonly PostgresServer _server;
    private readonly List<ChildServer> _floors = [];
    private readonly List<SiloProcess> _silos = [];
    private readonly List<Side> _sides = [];

    private PostgresSides(PostgresServer server) => _server = server;

    public IReadOnlyList<Side> All => _sides;

    public TimeSpan DatabaseProcessorTime => _server.ProcessorTime;

    public static async Task<ISides> StartAsync(string folder, Uri sink, int silos)
    {
        var sides = new PostgresSides(await PostgresServer.StartAsync(folder, FloorConnectionsMax + silos * SiloConnectionsMax));
        try
        {
            await sides.AddFloorAsync("naive", FloorKind.Naive);
            await sides.AddFloorAsync("group commit", FloorKind.Group);
            await sides.AddSilosAsync(sink, silos);
            return sides;
        }
        catch
        {
            await sides.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos) await silo.DisposeAsync();
        foreach (var floor in _floors) floor.Dispose();
        await _server.DisposeAsync();
    }

    private async Task AddFloorAsync(string name, FloorKind kind)
    {
        var floor = await ChildServer.StartAsync("floor", $"{kind}", await _server.CreateDatabaseAsync());
        _floors.Add(floor);
        _sides.Add(Side.Of(name, floor));
    }

    private async Task AddSilosAsync(Uri sink, int count)
    {
        var database = await _server.CreateDatabaseAsync();
        for (var i = 0; i < count; i++)
        {
            _silos.Add(await SiloProcess.StartAsync(new SiloSettings
            {
                Mixpanel = sink,
                More = new Dictionary<string, string> { ["Storage:Provider"] = "PostgreSql", [Unthrottled] = "1000000", ["Storage:ConnectionString"] = database },
            }));
        }

        _sides.Add(new Side(
            count == 1 ? "silo" : $"{count} silos", [.. _silos.Select(silo => silo.Address)],
            () => _silos.Aggregate(TimeSpan.Zero, (sum, silo) => sum + silo.ProcessorTime), Delivers: true)
        {
            State = () => OutboxSizeAsync(database),
        });
    }

    private static async Task<string> OutboxSizeAsync(string database)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand("SELECT pg_table_size('outbox'), pg_indexes_size('outbox')");
        await using var size = await command.ExecuteReaderAsync();
        await size.ReadAsync();
        return $"outbox: table {size.GetInt64(0) / 1e6:N1} MB, indexes {size.GetInt64(1) / 1e6:N1} MB";
    }
}
