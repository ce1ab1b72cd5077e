using System.Buffers;
using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Configuration;

namespace SpidOrleans.Web.Configuration;

/// <summary>Section <c>Proxies</c>: whose word on the caller's address and scheme is taken.</summary>
internal static class ProxyList
{
    /// <summary>More is a list that nobody reads; a network stands for many.</summary>
    private const int ProxiesMax = 100;

    private static readonly SearchValues<char> Characters = SearchValues.Create("0123456789abcdefABCDEF.:/");

    private const string Expected = "an IP address such as 10.0.0.7, or a network such as 10.0.0.0/8 or fd00::/8 without bits behind the prefix, not all addresses there are";

    public static ImmutableArray<IPNetwork> Read(IConfigurationSection section, List<ConfigurationFault> faults)
    {
        if (section.Value is { Length: > 0 } single) faults.Add(new ConfigurationFault(section.Key, single, $"a list such as {section.Key}:0 of {Expected}"));
        var proxies = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var child in section.GetChildren())
        {
            if (TryParse(child.Value, out var network)) proxies.Add(network);
            else faults.Add(new ConfigurationFault(child.Path, child.Value ?? "", Expected));
        }

        if (proxies.Count > ProxiesMax) faults.Add(new ConfigurationFault(section.Key, $"{proxies.Count} entries", $"at most {ProxiesMax}"));
        return proxies.ToImmutable();
    }

    /// <summary>.NET alone would take <c>10</c> for 0.0.0.10, and IPv6 in brackets.</summary>
    private static bool TryParse(string? text, out IPNetwork network)
    {
        network = default;
        if (text is not { Length: > 0 and <= 50 } || text.AsSpan().ContainsAnyExcept(Characters)) return false;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse(slash < 0 ? text : text[..slash], out var address) || !IsWhole(text.AsSpan(0, slash < 0 ? text.Length : slash))) return false;
        if (slash < 0) network = new IPNetwork(address, address.GetAddressBytes().Length * 8);
        else if (!IPNetwork.TryParse(text, out network) || network.PrefixLength == 0 || !network.BaseAddress.Equals(address)) return false;
        return !address.IsIPv4MappedToIPv6 && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any);
    }

    private static bool IsWhole(ReadOnlySpan<char> address) => address.Contains(':') || address.Count('.') == 3;
}
