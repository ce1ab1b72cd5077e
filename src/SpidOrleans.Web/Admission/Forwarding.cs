using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Admission;

/// <summary>Whom a request comes from when a proxy hands it on.</summary>
internal static class Forwarding
{
    /// <summary>Proxies that one request may have passed, each of them a configured one.</summary>
    private const int HopsMax = 8;

    /// <summary>What proxies add, ASP.NET's notes of what was taken over among it.</summary>
    private static readonly string[] Marks =
    [
        "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Server", "X-Real-IP", "Forwarded", "Via",
        ForwardedHeadersDefaults.XOriginalForHeaderName, ForwardedHeadersDefaults.XOriginalProtoHeaderName,
    ];

    /// <summary>From here on the caller's address and scheme are what the configured proxies say, and nobody else's word counts.</summary>
    public static void Use(WebApplication app)
    {
        var proxies = app.Services.GetRequiredService<SpidSettings>().Proxies;
        if (proxies.IsEmpty) return;
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            ForwardLimit = HopsMax,
        };
        // By default any loopback address would be believed.
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in proxies) options.KnownIPNetworks.Add(proxy);
        app.UseForwardedHeaders(options);
    }

    /// <summary>True when a proxy has handed the request on, whoever it is: its address is not where the caller is.</summary>
    public static bool IsForwarded(HttpRequest request) => Array.Exists(Marks, request.Headers.ContainsKey);
}
