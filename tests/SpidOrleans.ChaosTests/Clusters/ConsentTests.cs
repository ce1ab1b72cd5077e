using Npgsql;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Postgres;
using SpidOrleans.TestKit.Sending;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ChaosTests.Clusters;

/// <summary>Nobody is tracked before the decision, on two silos and a PostgreSQL of their own, of which one silo is killed meanwhile.</summary>
public sealed class ConsentTests
{
    private const int Persons = 24;
    private const int Events = 24;
    private const int LoginAt = 8;
    private const int DecisionAt = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [ClusterFact]
    public async Task PersonsWhoDecideWhileASiloIsKilled_AreTrackedAsTheyHaveDecided_InOrder()
    {
        await using var postgres = await PostgresServer.StartAsync();
        var database = await postgres.CreateDatabaseAsync();
        await using var mixpanel = await MixpanelStandIn.StartAsync();
        await using var silos = await SiloCluster.StartAsync(
            new SiloSettings { Mixpanel = mixpanel.Endpoint, More = new Dictionary<string, string> { ["Privacy:Consent"] = "Undecided" } }, database, silos: 2);
        using var backEnd = new BackEnd(new Balancer(silos.Silos.Select(silo => silo.Address)), TestClient.News, Patience);
        var persons = Enumerable.Range(0, Persons).Select(number => new Person(backEnd, number)).ToList();

        // Half of them have decided when the silo goes, the other half decide without it.
        var early = persons.Where(person => person.Number % 2 == 0).Select(person => person.LiveAsync()).ToList();
        await Task.WhenAll(persons.Where(person => person.Number % 2 == 1).Select(person => person.LiveAsync(until: DecisionAt)));
        await silos[0].KillAsync();
        var late = persons.Where(person => person.Number % 2 == 1).Select(person => person.LiveAsync(from: DecisionAt)).ToList();
        await Task.WhenAll([.. early, .. late]);
        await silos[0].StartAsync();

        var granted = persons.Where(person => person.Decision == true).ToList();
        await mixpanel.Arrivals.WaitForMarkersAsync([.. granted.SelectMany(person => person.Markers)], Patience);
        await UntilAsync(async () => await CountAsync(database, "SELECT count(*) FROM outbox") == 0);
        var arrivals = mixpanel.Arrivals.Snapshot().Where(arrival => arrival.Event == Person.EventName).ToList();
        Assert.Equal(granted.SelectMany(person => person.Markers).Order(), arrivals.Select(arrival => arrival.Marker).Distinct().Order());
        foreach (var person in granted)
            Assert.Equal(person.Markers, arrivals.Select(arrival => arrival.Marker).Where(person.Markers.Contains).Distinct());
        Assert.All(arrivals.GroupBy(arrival => arrival.Marker), copies => Assert.Single(copies.Select(copy => (copy.DistinctId, copy.Time, copy.InsertId)).Distinct()));

        // What is held is of those who have not decided, and all of it.
        var held = persons.Where(person => person.Decision is null).ToList();
        Assert.Equal(held.Count * Events, await CountAsync(database, $"SELECT count(DISTINCT convert_from(payload, 'UTF8')::jsonb -> 'properties' ->> 'n') FROM held"));
        await Task.WhenAll(held.Select(person => backEnd.SetConsentUntilAcceptedAsync(person.Path, false)));
        Assert.Equal(0, await CountAsync(database, "SELECT count(*) FROM held"));
    }

    private static async Task<long> CountAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!await isSo()) await Task.Delay(50, limit.Token);
    }

    /// <summary>Does one thing after the other; every other one signs in on the way, and two of three decide.</summary>
    private sealed class Person(BackEnd backEnd, int number)
    {
        public const string EventName = "Something";

        private readonly string _visitor = Guid.NewGuid().ToString();

        public int Number => number;

        /// <summary>Null: none.</summary>
        public bool? Decision { get; } = (number / 2 % 3) switch { 0 => true, 1 => false, _ => null };

        public List<string> Markers { get; } = [.. Enumerable.Range(0, Events).Select(n => $"{number}/{n:00}")];

        /// <summary>Where its decision is said.</summary>
        public string Path => HasUser && number % 3 == 0 ? "users/" + User : "visitors/" + _visitor;

        private bool HasUser => number / 6 % 2 == 0;

        private string User => $"person-{number}";

        public async Task LiveAsync(int from = 0, int until = Events)
        {
            for (var n = from; n < until; n++)
            {
                var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
                if (n == LoginAt && HasUser) await backEnd.LoginUntilAcceptedAsync(_visitor, new LoginCall { UserId = User, Time = now, InsertId = Guid.NewGuid().ToString() });
                if (n == DecisionAt && Decision is { } tracking) await backEnd.SetConsentUntilAcceptedAsync(Path, tracking);
                await backEnd.TrackUntilAcceptedAsync(new BackEndEvent
                {
                    Event = EventName,
                    VisitorId = _visitor,
                    Time = now,
                    InsertId = Guid.NewGuid().ToString(),
                    Properties = new Dictionary<string, object> { ["n"] = Markers[n] },
                });
            }
        }
    }
}
