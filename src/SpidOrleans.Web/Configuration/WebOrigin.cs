using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace SpidOrleans.Web.Configuration;

/// <summary>Origins as browsers write them: scheme, host in lower case, port unless it is the scheme's own.</summary>
public static class WebOrigin
{
    /// <summary>The origin of an absolute http or https URL; false for anything else and for URLs with user information,
    /// which exist to deceive.</summary>
    public static bool TryOf(string? url, [NotNullWhen(true)] out string? origin)
    {
        origin = TryParseUri(url, out var uri) ? Of(uri) : null;
        return origin is not null;
    }

    /// <summary>Takes exactly an origin: no path, query or fragment.</summary>
    public static bool IsOrigin(string text) =>
        TryParseUri(text, out var uri) && uri.PathAndQuery == "/" && uri.Fragment.Length == 0 && !text.Contains('?');

    public static string Of(Uri uri) => $"{uri.Scheme}://{Host(uri)}{(uri.IsDefaultPort ? "" : $":{uri.Port}")}";

    public static bool TryParseUri(string? text, [NotNullWhen(true)] out Uri? uri)
    {
        uri = null;
        if (text is null or { Length: > 4_000 } || text.Contains('\\')) return false;
        return Uri.TryCreate(text, UriKind.Absolute, out uri)
            && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            && uri.UserInfo.Length == 0 && uri.Host.Length > 0;
    }

    /// <summary>True for <c>localhost</c> and the loopback addresses; brackets of IPv6 allowed.</summary>
    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static string Host(Uri uri) => uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : uri.IdnHost.ToLowerInvariant();
}
