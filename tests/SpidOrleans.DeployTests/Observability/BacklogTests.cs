using SpidOrleans.DeployTests.Running;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Sending;
using Xunit;

namespace SpidOrleans.DeployTests.Observability;

/// <summary>What many silos say of one backlog.</summary>
[Collection(nameof(Scene))]
public sealed class BacklogTests(Scene scene)
{
    [ToolFact(nameof(Tools.HavePostgres))]
    public async Task EverySiloKnowsTheOldestEvent_AlsoOnceTheOneThatTookAndHeldItIsDead_AndThatNothingWaitsInTheEnd()
    {
        await scene.BeginAsync();
        var silos = scene.Silos.Silos.Select(silo => silo.Address).ToList();
        var before = await Task.WhenAll(silos.Select(silo => UntilAsync(silo, scrape => scrape.OfProject("spid_pending") == 0)));
        await scene.Mixpanel.GoAwayAsync();
        try
        {
            // Persons enough for every silo to hold some of them, and some shards.
            using var sender = new BackEnd(silos[0], TestClient.News);
            for (var person = 0; person < Persons; person++) await sender.TrackUntilAcceptedAsync(Event());
            var seen = await Task.WhenAll(silos.Select(silo => UntilAsync(silo, scrape => scrape.OfProject("spid_pending") == Persons)));
            Assert.All(seen, scrape => Assert.True(Oldest(scrape) > 0));
            Assert.Equal(Persons, seen.Sum(Accepted) - before.Sum(Accepted));

            await scene.Silos[0].KillAsync();
            foreach (var silo in silos.Skip(1))
                Assert.Equal(Persons, (await UntilAsync(silo, scrape => Oldest(scrape) > seen.Max(Oldest) + 4)).OfProject("spid_pending"));
        }
        finally
        {
            await scene.Mixpanel.ComeBackAsync();
        }

        foreach (var silo in silos.Skip(1)) await UntilAsync(silo, scrape => Oldest(scrape) == 0 && scrape.OfProject("spid_pending") == 0);
        await scene.Silos.RestoreAsync();
    }

    private const int Persons = 40;

    private static double Oldest(Scrape scrape) => scrape.OfProject("spid_oldest_pending_seconds");

    private static double Accepted(Scrape scrape) => scrape.OfProject("spid_events_accepted_total");

    private static Task<Scrape> UntilAsync(Uri silo, Func<Scrape, bool> isSo) => Scrape.UntilAsync(silo, isSo, Scene.Password);

    private static BackEndEvent Event() => new()
    {
        Event = "visit",
        VisitorId = $"{Guid.NewGuid()}",
        Time = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
        InsertId = $"{Guid.NewGuid()}",
    };
}
