using Microsoft.AspNetCore.Http;

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

    public static string? UserAgent(HttpContext context)
    {
        var text = context.Request.Headers.UserAgent.ToString();
        return text.Length == 0 ? null : text.Length <= UserAgentLengthMax ? text : text[..UserAgentLengthMax];
    }
}
