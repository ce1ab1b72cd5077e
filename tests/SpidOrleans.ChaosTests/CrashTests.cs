using SpidOrleans.TestKit.Checking;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Sending;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ChaosTests;

public sealed class CrashTests
{
    private const int Kills = 5;
    private const int Browsers = 40;

    /// <summary>Time for a restart and then some under a full load.</summary>
    private static readonly TimeSpan Progress = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task AHostKilledFiveTimesUnderLoad_LosesNothing_CountsOnce_AndKeepsTheOrder()
    {
        var seed = Seed.Take();
        var random = new Random(seed);
        var ledger = new Ledger();
        await using var mixpanel = await MixpanelStandIn.StartAsync(new SeededFaults(seed, share: 0.2, holdsMax: 2));
        await using var silo = await SiloProcess.StartAsync(Hosts.On(mixpanel));
        using var crowd = new Crowd(seed, new BackEnd(silo.Address, TestClient.News), ledger, Browsers);

        for (var kill = 0; kill < Kills; kill++)
        {
            await MoreAcknowledgedAsync(random.Next(200, 900));
            await silo.KillAsync();
            await silo.StartAsync();
        }

        await MoreAcknowledgedAsync(500);
        crowd.GoHome();
        await crowd.Work.WaitAsync(Progress);

        await mixpanel.Arrivals.WaitForMarkersAsync(ledger.AcknowledgedMarkers(), TimeSpan.FromSeconds(90));
        await crowd.WaitUntilNothingIsPendingAsync(TimeSpan.FromSeconds(60));
        Promises.AssertKept(ledger, mixpanel);

        // Whichever ends first: a sender that met what must not happen ends the run at once.
        async Task MoreAcknowledgedAsync(int count) =>
            await await Task.WhenAny(ledger.WaitForAcknowledgedAsync(ledger.Acknowledged + count, Progress), crowd.Work);
    }
}
