using System.Globalization;

namespace SpidOrleans.TestKit.Hosting;

/// <summary>The facade before one silo.</summary>
public sealed class FacadeProcess : HostProcess
{
    private readonly int _gatewayPort;

    private FacadeProcess(SiloSettings settings, int gatewayPort) : base(settings) => _gatewayPort = gatewayPort;

    private protected override string Program => "SpidOrleans.Facade";

    /// <summary>It starts without a silo, too.</summary>
    private protected override string AwaitedHealth => "health/live";

    /// <param name="settings">Those of the silo.</param>
    /// <param name="gatewayPort">Where the silo takes clients, now or later.</param>
    public static Task<FacadeProcess> StartAsync(SiloSettings settings, int gatewayPort) => StartAsync(new FacadeProcess(settings, gatewayPort));

    private protected override IEnumerable<KeyValuePair<string, string>> OwnSettings() =>
        [new("Cluster:GatewayPort", _gatewayPort.ToString(CultureInfo.InvariantCulture))];
}
