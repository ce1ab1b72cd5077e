using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.DeployTests.Hosting;

/// <summary>What a container's health check runs.</summary>
public sealed class HealthProbeTests
{
    [Fact]
    public async Task TheProbe_SaysWhetherItsHostIsReady_OfBothHosts()
    {
        await using var mixpanel = await MixpanelStandIn.StartAsync();
        var settings = new SiloSettings { Mixpanel = mixpanel.Endpoint };
        await using var silo = await SiloProcess.StartAsync(settings);
        await using var facade = await FacadeProcess.StartAsync(settings, silo.GatewayPort);

        Assert.Equal(0, await silo.ProbeAsync());
        using (var http = new HttpClient { BaseAddress = facade.Address })
        {
            // Live is not yet ready: it looks for the silo.
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (!(await http.GetAsync(new Uri("health/ready", UriKind.Relative), limit.Token)).IsSuccessStatusCode)
                await Task.Delay(TimeSpan.FromMilliseconds(100), limit.Token);
        }

        Assert.Equal(0, await facade.ProbeAsync());
        Assert.Equal(0, await facade.StopAsync());
        Assert.Equal(1, await facade.ProbeAsync());

        silo.Freeze();
        Assert.Equal(1, await silo.ProbeAsync());
        silo.Thaw();
        Assert.Equal(0, await silo.StopAsync());
        Assert.Equal(1, await silo.ProbeAsync());
    }
}
