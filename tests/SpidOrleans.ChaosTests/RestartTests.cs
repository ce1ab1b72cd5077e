using SpidOrleans.TestKit.Checking;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Sending;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ChaosTests;

public sealed class RestartTests
{
    [Fact]
    public async Task AfterAStopAndAStart_VisitorsLinksAndUndeliveredEventsAreStillThere()
    {
        var ledger = new Ledger();
        await using var mixpanel = await MixpanelStandIn.StartAsync();
        await mixpanel.GoAwayAsync();
        await using var silo = await SiloProcess.StartAsync(Hosts.On(mixpanel));
        using var backEnd = new BackEnd(silo.Address, TestClient.News);
        var sender = new LedgerSender("sender", backEnd, ledger, TimeProvider.System);
        var anonymous = Guid.NewGuid().ToString();
        var anna = Guid.NewGuid().ToString();

        await sender.TrackAsync(Addressee.Visitor(anonymous), Addressee.Visitor(anna));
        Assert.Equal(anna, await sender.LoginAsync(anna, "anna"));
        await sender.TrackAsync(Addressee.Visitor(anna), Addressee.User("anna"));
        var berit = await sender.LoginAsync(anna, "berit");
        Assert.NotEqual(anna, berit);

        Assert.Equal(0, await silo.StopAsync());
        await silo.StartAsync();

        Assert.Equal(new VisitorAnswer(anonymous, null, 1), await backEnd.DescribeVisitorAsync(anonymous));
        Assert.Equal("anna", (await backEnd.DescribeVisitorAsync(anna)).UserId);
        Assert.Equal("berit", (await backEnd.DescribeVisitorAsync(berit)).UserId);
        Assert.Equal(berit, await sender.LoginAsync(anna, "berit"));
        await sender.TrackAsync(Addressee.Visitor(anna), Addressee.Visitor(berit), Addressee.Visitor(anonymous));

        await mixpanel.ComeBackAsync();
        await mixpanel.Arrivals.WaitForMarkersAsync(ledger.AcknowledgedMarkers(), TimeSpan.FromSeconds(60));
        Promises.AssertKept(ledger, mixpanel);
        var links = mixpanel.Arrivals.Snapshot().Where(arrival => arrival is { DeviceId: not null, UserId: not null })
            .Select(arrival => (arrival.DeviceId, arrival.UserId)).Distinct();
        Assert.Equal([(anna, "anna"), (berit, "berit")], links.OrderBy(link => link.UserId));
    }
}
