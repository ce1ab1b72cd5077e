using System.Net;

namespace SpidOrleans.Web.Configuration;

/// <summary>Section <c>Cluster</c>: what Orleans needs to know of this process.</summary>
/// <param name="SiloPort">Where silos talk to each other; nobody else may reach it.</param>
/// <param name="GatewayPort">Where Orleans clients connect; nobody else may reach it.</param>
/// <param name="AdvertisedAddress">Where the others find this silo; null when that is to be found out.</param>
public sealed record SiloSettings(string ClusterId, string ServiceId, int SiloPort, int GatewayPort, IPAddress? AdvertisedAddress)
{
    internal static SiloSettings Read(SectionReader section)
    {
        var clusterId = section.Text("ClusterId", "1 to 100 characters", lengthMax: 100);
        var serviceId = section.Text("ServiceId", "1 to 100 characters", lengthMax: 100);
        var siloPort = (int)section.Number("SiloPort", 11_111, 1, 65_535);
        var gatewayPort = (int)section.Number("GatewayPort", 30_000, 1, 65_535);
        IPAddress? address = null;
        section.Text("AdvertisedAddress", "an IP address", accepts: text => IPAddress.TryParse(text, out address));
        if (siloPort == gatewayPort) section.Fault("GatewayPort", $"{gatewayPort}", "another port than Cluster:SiloPort");
        section.RefuseUnknown();
        return new SiloSettings(clusterId ?? "spid", serviceId ?? "spid", siloPort, gatewayPort, address);
    }
}
