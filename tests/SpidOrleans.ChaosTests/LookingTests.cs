using SpidOrleans.ChaosTests.Clusters;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Postgres;
using SpidOrleans.TestKit.Sending;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ChaosTests;

/// <summary>A visitor that has only been looked at leaves nothing behind, so bots cost nothing.</summary>
public sealed class LookingTests
{
    /// <summary>A silo's signs of life, and its looks at what waits, whoever calls.</summary>
    private static readonly string[] SignsOfLife = ["orleans_membership", "outbox_mark"];

    /// <summary>A silo's goodbye.</summary>
    private static readonly string[] Membership = [.. SignsOfLife, "orleans_membership_version"];

    [ClusterFact]
    public async Task Looking_WritesNothingToPostgreSql_NeitherAtOnceNorWhenTheGrainsGo()
    {
        // Away, so that what is tracked stays, and nothing is removed in the background either.
        await using var mixpanel = await MixpanelStandIn.StartAsync();
        await mixpanel.GoAwayAsync();
        await using var postgres = await PostgresServer.StartAsync();
        var database = await postgres.CreateDatabaseAsync();
        await using var silo = await SiloProcess.StartAsync(On(mixpanel, ("Storage:Provider", "PostgreSql"), ("Storage:ConnectionString", database)));
        await using var log = await WriteAheadLog.OpenAsync(database);
        using var passersBy = new PassersBy(silo.Address);

        foreach (var (name, call) in passersBy.Kinds)
        {
            await PassersBy.ComeAsync(call);
            AssertNoneBut(SignsOfLife, await log.ReadNextAsync(), name);
        }

        // Whether the log would have shown it.
        using (var backEnd = new BackEnd(silo.Address, TestClient.News))
        {
            (await backEnd.TrackAsync(new BackEndEvent { Event = "e", VisitorId = Guid.NewGuid().ToString() })).Dispose();
            Assert.Contains("outbox", await log.ReadNextAsync());
        }

        Assert.Equal(0, await silo.StopAsync());
        AssertNoneBut(Membership, await log.ReadNextAsync(), "the grains' end");
    }

    [Fact]
    public async Task Looking_LeavesSqlitesFilesAsTheyWere()
    {
        await using var mixpanel = await MixpanelStandIn.StartAsync();
        await mixpanel.GoAwayAsync();
        await using var silo = await SiloProcess.StartAsync(On(mixpanel));
        using var passersBy = new PassersBy(silo.Address);
        var before = await ReadFilesAsync(silo);

        foreach (var (name, call) in passersBy.Kinds)
        {
            await PassersBy.ComeAsync(call);
            Assert.True(Same(before, await ReadFilesAsync(silo)), $"{name} changed the database");
        }

        using var backEnd = new BackEnd(silo.Address, TestClient.News);
        (await backEnd.TrackAsync(new BackEndEvent { Event = "e", VisitorId = Guid.NewGuid().ToString() })).Dispose();
        Assert.False(Same(before, await ReadFilesAsync(silo)));

        static bool Same(byte[][] one, byte[][] other) => one.Zip(other).All(file => file.First.AsSpan().SequenceEqual(file.Second));
    }

    private static SiloSettings On(MixpanelStandIn mixpanel, params IEnumerable<(string Key, string Value)> more) => Hosts.On(mixpanel) with
    {
        More = more.Append(($"Clients:{TestClient.News.ClientId}:Origins:0", PassersBy.Origin)).ToDictionary(),
    };

    private static void AssertNoneBut(string[] tables, IReadOnlyDictionary<string, long> writes, string cause) =>
        Assert.True(writes.Keys.All(tables.Contains), $"{cause} wrote: {string.Join(", ", writes.Select(table => $"{table.Key} {table.Value}"))}");

    /// <summary>The database and its log.</summary>
    private static Task<byte[][]> ReadFilesAsync(SiloProcess silo) => Task.WhenAll(
        File.ReadAllBytesAsync(Path.Combine(silo.DataFolder, "spidorleans.db")), File.ReadAllBytesAsync(Path.Combine(silo.DataFolder, "spidorleans.db-wal")));
}
