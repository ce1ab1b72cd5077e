using SpidOrleans.TestKit.Checking;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Sending;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ChaosTests;

public sealed class BacklogTests
{
    private const int Visitors = 5_000;
    private const int EventsEach = 12;
    private const int EventsPerRequest = 100;
    private const int Senders = 4;
    private const long GrowthBytesMax = 250L * 1024 * 1024;

    [Fact]
    public async Task AnHourWithoutMixpanel_CostsDiskNotMemory_AndEverythingArrivesInOrderAfterwards()
    {
        var ledger = new Ledger();
        await using var mixpanel = await MixpanelStandIn.StartAsync();
        await using var silo = await SiloProcess.StartAsync(Hosts.On(mixpanel));
        using var backEnd = new BackEnd(silo.Address, TestClient.News);
        var visitors = MintVisitors(Visitors);

        await TrackOneEachAsync(backEnd, ledger, MintVisitors(Visitors / 5), round: 0);
        await mixpanel.Arrivals.WaitForMarkersAsync(ledger.AcknowledgedMarkers(), TimeSpan.FromSeconds(60));
        var before = silo.MemoryBytes;

        await mixpanel.GoAwayAsync();
        var most = before;
        for (var round = 1; round <= EventsEach; round++)
        {
            await TrackOneEachAsync(backEnd, ledger, visitors, round);
            most = Math.Max(most, silo.MemoryBytes);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{before >> 20} MB before, {most >> 20} MB at most with {Visitors * EventsEach} events waiting");
        Assert.Equal(EventsEach, (await backEnd.DescribeVisitorAsync(visitors[0])).Pending);
        Assert.InRange(most - before, long.MinValue, GrowthBytesMax);

        await mixpanel.ComeBackAsync();
        await mixpanel.Arrivals.WaitForMarkersAsync(ledger.AcknowledgedMarkers(), TimeSpan.FromSeconds(90));
        Promises.AssertKept(ledger, mixpanel);
    }

    /// <summary>One event for each visitor; the next round begins when all of this one are acknowledged.</summary>
    private static Task TrackOneEachAsync(BackEnd backEnd, Ledger ledger, string[] visitors, int round) =>
        Task.WhenAll(Enumerable.Range(0, Senders).Select(async number =>
        {
            var sender = new LedgerSender($"sender{number}-{round}", backEnd, ledger, TimeProvider.System);
            foreach (var part in visitors.Chunk(EventsPerRequest).Where((_, index) => index % Senders == number))
                await sender.TrackAsync([.. part.Select(Addressee.Visitor)]);
        }));

    private static string[] MintVisitors(int count) => [.. Enumerable.Range(0, count).Select(_ => Guid.NewGuid().ToString())];
}
