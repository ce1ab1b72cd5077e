using System.Net;
using System.Net.Sockets;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Intake;

/// <summary>What remains of a person's address under <c>Privacy:TruncateIp</c>: the network, which still tells the region.</summary>
public sealed class AddressPrivacy(SpidSettings settings)
{
    private const int V4Bytes = 3;
    private const int V6Bytes = 6;

    public string? Of(string? address)
    {
        if (address is null || !settings.Privacy.TruncateIp || !IPAddress.TryParse(address, out var parsed)) return address;
        if (parsed.IsIPv4MappedToIPv6) parsed = parsed.MapToIPv4();
        var bytes = parsed.GetAddressBytes();
        bytes.AsSpan(parsed.AddressFamily == AddressFamily.InterNetwork ? V4Bytes : V6Bytes).Clear();
        return new IPAddress(bytes).ToString();
    }

    public TrackedEvent Of(TrackedEvent e) => settings.Privacy.TruncateIp && e.Ip is not null ? e with { Ip = Of(e.Ip) } : e;
}
