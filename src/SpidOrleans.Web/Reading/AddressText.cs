using System.Buffers;
using System.Net;

namespace SpidOrleans.Web.Reading;

/// <summary>The one spelling of an IP address.</summary>
internal static class AddressText
{
    /// <summary>The longest form: IPv6 with an IPv4 address in its last 32 bits.</summary>
    public const int CharsMax = 45;

    /// <summary>Without these the parser would also take ports, brackets and zones.</summary>
    private static readonly SearchValues<char> Chars = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>Null if it is no address.</summary>
    public static string? Canonicalize(string text)
    {
        if (text.AsSpan().ContainsAnyExcept(Chars) || !IPAddress.TryParse(text, out var address)) return null;
        var canonical = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
        // The parser takes '1' and '010.0.0.1' too, as 0.0.0.1 and 8.0.0.1: a guess about a person's place that nobody asked for.
        return text.Contains(':') || text == canonical ? canonical : null;
    }
}
