using SpidOrleans.TestKit.Sending;
using Xunit;

namespace SpidOrleans.ChaosTests.Clusters;

/// <summary>Events that Mixpanel refuses, among many that PostgreSQL keeps compressed together with them.</summary>
[Collection(nameof(Scene))]
public sealed class PoisonTests(Scene scene)
{
    private const int Senders = 6;
    private const int Requests = 10;
    private const int EventsPerRequest = 300;
    private const int Visitors = 25;

    [ClusterFact]
    public async Task PoisonAtAnyPlaces_BecomesDeadLetters_AndAllTheRestArrivesInOrder()
    {
        var seed = Seed.Take();
        var random = new Random(seed);
        await using var load = await scene.BeginAsync(seed);
        var poison = Enumerable.Range(0, Senders)
            .SelectMany(sender => Enumerable.Range(1, Requests * EventsPerRequest).Select(number => $"poisoner{sender}-{number}"))
            .Where(_ => random.Next(40) == 0).ToHashSet();
        scene.Mixpanel.Poison = arrival => poison.Contains(arrival.Marker) ? "'event' is poison" : null;
        var before = await scene.DeadLettersAsync();

        await scene.Mixpanel.GoAwayAsync();
        var visitors = Enumerable.Range(0, Senders * Visitors).Select(_ => Guid.NewGuid().ToString()).ToList();
        await Task.WhenAll(Enumerable.Range(0, Senders).Select(async number =>
        {
            var sender = load.Sender($"poisoner{number}");
            for (var request = 0; request < Requests; request++)
                await sender.TrackAsync([.. Enumerable.Range(0, EventsPerRequest).Select(i => Addressee.Visitor(visitors[number * Visitors + i % Visitors]))]);
        }));
        await scene.Mixpanel.ComeBackAsync();

        await load.EndsWellAsync(poison);
        Assert.Equal(poison.Count, await scene.DeadLettersAsync() - before);
    }
}
