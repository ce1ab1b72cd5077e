using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ChaosTests;

internal static class Hosts
{
    /// <summary>A host that delivers to the stand-in and whose last words a failing test shows.</summary>
    public static SiloSettings On(MixpanelStandIn mixpanel) => new()
    {
        Mixpanel = mixpanel.Endpoint,
        Report = output => TestContext.Current.TestOutputHelper?.WriteLine($"The host wrote last:{Environment.NewLine}{output}"),
    };
}
