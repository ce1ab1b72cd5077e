using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Npgsql;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Postgres;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ChaosTests.Clusters;

/// <summary>Erasure while everybody sends, on two silos and a PostgreSQL of their own.</summary>
public sealed class ErasureTests
{
    private const int Senders = 12;
    private const int Strangers = 40;
    private const int Devices = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _person = "person-" + Guid.NewGuid().ToString("N");
    private readonly string _marker = "marker-" + Guid.NewGuid().ToString("N");
    private readonly string[] _devices = [.. Enumerable.Range(0, Devices).Select(_ => Guid.NewGuid().ToString())];
    private readonly string[] _strangers = [.. Enumerable.Range(0, Strangers).Select(_ => Guid.NewGuid().ToString())];
    private readonly ConcurrentDictionary<string, bool> _acknowledged = new();
    private int _refused;

    [ClusterFact]
    public async Task AUserErasedUnderLoad_LeavesNoTraceInAnyTableLaneOrLog_AndNobodyElseLosesAnEvent()
    {
        await using var postgres = await PostgresServer.StartAsync();
        var database = await postgres.CreateDatabaseAsync();
        await using var mixpanel = await MixpanelStandIn.StartAsync();
        mixpanel.Poison = arrival => arrival.Event == "poison" ? "poison" : null;
        await using var silos = await SiloCluster.StartAsync(
            new SiloSettings { Mixpanel = mixpanel.Endpoint, More = new Dictionary<string, string> { ["Projects:news:DeletionToken"] = "deletion-token", ["Projects:news:Shards"] = "3" } },
            database, silos: 2);
        var clients = silos.Silos.Select(Client).ToList();

        // A profile, traits, dead letters, devices; and events of everybody in the same segments.
        foreach (var device in _devices) await SendAsync(clients[0], HttpMethod.Post, $"v1/visitors/{device}/login", $$"""{"userId":"{{_person}}","properties":{"p":"{{_marker}}"} }""");
        await SendAsync(clients[0], HttpMethod.Put, $"v1/users/{_person}/profile", $$"""{"givenName":"{{_marker}}","locale":"nb_NO"}""");
        await SendAsync(clients[1], HttpMethod.Post, "v1/events", $$"""[{"event":"poison","userId":"{{_person}}","properties":{"p":"{{_marker}}"} }]""");
        await UntilAsync(async () => await CountAsync(database, "SELECT count(*) FROM dead_letter") == 1);

        using var end = new CancellationTokenSource();
        var senders = Enumerable.Range(0, Senders).Select(number => SendOnAsync(clients[number % 2], new Random(number), end.Token)).ToList();
        await UntilAsync(() => Task.FromResult(_acknowledged.Count > 500));
        // A backlog: what waits is to go, too.
        await mixpanel.GoAwayAsync();
        var before = _acknowledged.Count;
        await UntilAsync(() => Task.FromResult(_acknowledged.Count > before + 2_000));

        using (var erased = await SendAsync(clients[1], HttpMethod.Delete, $"v1/users/{_person}")) Assert.Equal(HttpStatusCode.Accepted, erased.StatusCode);
        // Whoever sends of the person from here on is refused: see to it that many are.
        var refused = Volatile.Read(ref _refused);
        await UntilAsync(() => Task.FromResult(Volatile.Read(ref _refused) > refused + 200));
        await end.CancelAsync();
        await Task.WhenAll(senders);

        // In what is left, the ids lie nowhere but where Mixpanel's deletion waits for Mixpanel, and a device's in its own tombstone.
        AssertTraceless(await DumpAsync(database, except: "deletion"));
        await mixpanel.ComeBackAsync();
        await UntilAsync(async () => await CountAsync(database, "SELECT count(*) FROM outbox") == 0 && await CountAsync(database, "SELECT count(*) FROM deletion") == 0);
        AssertTraceless(await DumpAsync(database));
        Assert.Contains(mixpanel.Deletions, deletion => deletion.Ids.Contains(_person) && _devices.All(device => deletion.Ids.Contains("$device:" + device)));
        foreach (var log in silos.Silos.Select(silo => silo.Output).Append(await File.ReadAllTextAsync(postgres.LogFile)))
        {
            Assert.DoesNotContain(_person, log, StringComparison.Ordinal);
            Assert.DoesNotContain(_marker, log, StringComparison.Ordinal);
            Assert.All(_devices, device => Assert.DoesNotContain(device, log, StringComparison.Ordinal));
        }

        var arrived = mixpanel.Arrivals.Snapshot().Select(arrival => arrival.InsertId!).ToHashSet();
        Assert.DoesNotContain(_acknowledged, entry => entry.Value && !arrived.Contains(entry.Key));
    }

    /// <summary>Events of the person by any name, of strangers, or of both in one request.</summary>
    private async Task SendOnAsync(HttpClient client, Random random, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            var hasPerson = random.Next(2) == 0;
            var events = Enumerable.Range(0, random.Next(1, 6)).Select(i =>
            {
                var isPerson = hasPerson && i == 0;
                var id = Guid.NewGuid().ToString();
                var whose = !isPerson ? $"\"visitorId\":\"{_strangers[random.Next(Strangers)]}\""
                    : random.Next(2) == 0 ? $"\"userId\":\"{_person}\"" : $"\"visitorId\":\"{_devices[random.Next(Devices)]}\"";
                var time = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
                return (Id: id, IsPerson: isPerson, Json: $$"""{"event":"e",{{whose}},"time":{{time}},"insertId":"{{id}}","properties":{"p":"{{(isPerson ? _marker : "-")}}"} }""");
            }).ToList();
            using var answer = await SendAsync(client, HttpMethod.Post, "v1/events", $"[{string.Join(",", events.Select(item => item.Json))}]");
            if (answer.StatusCode == HttpStatusCode.Forbidden && hasPerson) Interlocked.Increment(ref _refused);
            else Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            // A refusal for the person's sake says that all others are durable.
            foreach (var (id, isPerson, _) in events) _acknowledged[id] = !isPerson;
        }
    }

    private void AssertTraceless(string dump)
    {
        foreach (var trace in new[] { _person, _marker })
        {
            Assert.DoesNotContain(trace, dump, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(trace)), dump, StringComparison.Ordinal);
        }

        var lines = dump.Split('\n');
        foreach (var device in _devices)
        {
            var hex = Convert.ToHexStringLower(Encoding.UTF8.GetBytes(device));
            Assert.DoesNotContain(lines, line => line.Contains(hex, StringComparison.Ordinal));
            Assert.All(lines.Where(line => line.Contains(device, StringComparison.Ordinal)), line => Assert.Matches("^(orleans_state|closed_identity): ", line));
        }
    }

    /// <summary>Every row of every table, a line each.</summary>
    private static async Task<string> DumpAsync(string database, string except = "")
    {
        await using var source = NpgsqlDataSource.Create(database);
        var dump = new StringBuilder();
        foreach (var table in await ReadAsync(source, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        {
            if (table == except) continue;
            foreach (var row in await ReadAsync(source, $"SELECT to_jsonb(whole)::text FROM {table} AS whole")) dump.Append(table).Append(": ").Append(row).Append('\n');
        }

        return dump.ToString();
    }

    private static async Task<List<string>> ReadAsync(NpgsqlDataSource source, string sql)
    {
        var rows = new List<string>();
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) rows.Add(reader.GetString(0));
        return rows;
    }

    private static async Task<long> CountAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static HttpClient Client(SiloProcess silo)
    {
        var client = new HttpClient { BaseAddress = silo.Address, Timeout = TimeSpan.FromSeconds(20) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{TestClient.News.ClientId}:{TestClient.News.Secret}")));
        return client;
    }

    /// <summary>Again until it is not put off.</summary>
    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string path, string? json = null)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            using var request = new HttpRequestMessage(method, path) { Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json") };
            var answer = await client.SendAsync(request, limit.Token);
            if (answer.StatusCode is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests)) return answer;
            answer.Dispose();
            await Task.Delay(100, limit.Token);
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!await isSo()) await Task.Delay(50, limit.Token);
    }
}
