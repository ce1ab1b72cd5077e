using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Sending;
using Xunit;

namespace SpidOrleans.ChaosTests.Clusters;

/// <summary>A silo that was frozen until the others buried it wakes up with all its grains: each of them is there twice then.</summary>
[Collection(nameof(Scene))]
public sealed class TwinTests(Scene scene)
{
    private const int Visitors = 20;

    /// <summary>Above what Orleans takes to declare a silo dead, and to see that it is the dead one itself.</summary>
    private static readonly TimeSpan Verdict = TimeSpan.FromSeconds(60);

    /// <summary>Until what was sent to a frozen process waits in its sockets.</summary>
    private static readonly TimeSpan OnItsWay = TimeSpan.FromMilliseconds(500);

    [ClusterFact(Explicit = true)]
    public async Task StaleActivations_NeitherOverwriteNewerStateNorAppendToAMergedLane_AndStaleEmittersOnlyRepeat()
    {
        await using var load = await scene.BeginAsync(Seed.Take());
        var stale = scene.Silos[2];
        var visitors = Enumerable.Range(0, Visitors).Select(number => (Id: Guid.NewGuid().ToString(), User: $"person-{number}", Other: $"other-{number}")).ToList();

        // Whoever is first seen by a silo lives there; and nothing is delivered, so there is something to merge.
        await scene.Mixpanel.GoAwayAsync();
        var door = new Balancer([stale.Address]);
        using var atStale = new BackEnd(door, TestClient.News);
        await Task.WhenAll(visitors.Select((one, number) =>
            new LedgerSender($"early{number}", atStale, load.Ledger, TimeProvider.System).TrackAsync(Addressee.Visitor(one.Id))));

        stale.Freeze();
        await Task.WhenAll(visitors.Select((one, number) => load.Sender($"login{number}").LoginAsync(one.Id, one.User)));

        // What the stale grains find when they wake up: for one half an event, for the other the login of somebody else.
        var late = visitors.Select((one, number) =>
        {
            var sender = new LedgerSender($"late{number}", atStale, load.Ledger, TimeProvider.System);
            return number % 2 == 0 ? TrackAsync(sender, one.Id) : sender.LoginAsync(one.Id, one.Other);
        }).ToList();
        await Task.Delay(OnItsWay);
        await scene.Mixpanel.ComeBackAsync();
        stale.Thaw();
        foreach (var silo in scene.Silos.Silos.Where(silo => silo != stale)) door.Add(silo.Address);

        var browsers = await Task.WhenAll(late);
        foreach (var failure in door.Failures) Load.Say($"late: {failure}");
        Assert.NotEqual(0, await stale.WaitForEndAsync(Verdict));
        foreach (var (one, browser) in visitors.Zip(browsers))
        {
            Assert.Equal(one.User, (await load.DescribeAsync(one.Id)).UserId);
            if (browser != one.Id) Assert.Equal(one.Other, (await load.DescribeAsync(browser)).UserId);
        }

        await load.EndsWellAsync();
        // They happened after the login. A stale visitor would not know.
        var events = scene.Mixpanel.Arrivals.Snapshot().Where(arrival => arrival.Event == LedgerSender.EventName && arrival.Marker.StartsWith("late", StringComparison.Ordinal));
        Assert.All(events, late => Assert.NotNull(late.UserId));

        static async Task<string> TrackAsync(LedgerSender sender, string visitor)
        {
            await sender.TrackAsync(Addressee.Visitor(visitor));
            return visitor;
        }
    }
}
