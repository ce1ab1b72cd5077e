using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Browser;

/// <summary>What a request that comes from the person's own browser says of the person.</summary>
internal static class BrowserCall
{
    private const int UserAgentLengthMax = 1_000;

    public static string? Ip(HttpContext context)
    {
        var remote = context.Connection.RemoteIpAddress;
        return (remote is { IsIPv4MappedToIPv6: true } ? remote.MapToIPv4() : remote)?.ToString();
    }

    /// <summary>The browser says that its person wants no tracking, and the configuration heeds it.</summary>
    public static bool RefusesTracking(HttpRequest request, PrivacySettings privacy) =>
        (privacy.HonourGlobalPrivacyControl && request.Headers["Sec-GPC"] == "1") || (privacy.HonourDoNotTrack && request.Headers["DNT"] == "1");

    public static string? UserAgent(HttpContext context)
    {
        var text = context.Request.Headers.UserAgent.ToString();
        return text.Length == 0 ? null : text.Length <= UserAgentLengthMax ? text : text[..UserAgentLengthMax];
    }
}
