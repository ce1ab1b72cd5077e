using System.Globalization;

namespace SpidOrleans.TestKit.Hosting;

/// <summary>The silo, on SQLite unless its settings say otherwise.</summary>
public sealed class SiloProcess : HostProcess
{
    private readonly int _siloPort = Loopback.FreePort();

    private SiloProcess(SiloSettings settings) : base(settings) { }

    /// <summary>Where Orleans clients connect.</summary>
    public int GatewayPort { get; } = Loopback.FreePort();

    private protected override string Program => "SpidOrleans.Silo";

    public static Task<SiloProcess> StartAsync(SiloSettings settings) => StartAsync(new SiloProcess(settings));

    private protected override IEnumerable<KeyValuePair<string, string>> OwnSettings() =>
    [
        new("Storage:ConnectionString", $"Data Source={Path.Combine(DataFolder, "spidorleans.db")}"),
        new("Cluster:SiloPort", _siloPort.ToString(CultureInfo.InvariantCulture)),
        new("Cluster:GatewayPort", GatewayPort.ToString(CultureInfo.InvariantCulture)),
    ];
}
