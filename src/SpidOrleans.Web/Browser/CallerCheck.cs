using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Browser;

/// <summary>Decides whether a request for a session script may learn who the visitor is. Any page of the web can include
/// the script, so it is answered only where a registered client's page asks.</summary>
internal static class CallerCheck
{
    /// <summary>The client, if it may be told; null: answer nothing about anybody.</summary>
    public static Client? FindTrusted(HttpRequest request, ClientRegistry clients)
    {
        if (clients.Find(request.Query["client_id"]) is not { } client) return null;

        // redirect_uri is the caller's claim, the Referer the browser's: neither may belong to somebody else.
        var claimed = request.Query["redirect_uri"].ToString();
        var referer = request.Headers.Referer.ToString();
        if (claimed.Length == 0 && referer.Length == 0) return null;
        if (claimed.Length > 0 && !IsOwn(client, claimed, clients)) return null;
        if (referer.Length > 0 && !IsOwn(client, referer, clients)) return null;

        var destination = request.Headers["Sec-Fetch-Dest"].ToString();
        if (destination is not ("" or "script")) return null;
        return request.Headers["Sec-Fetch-Site"].ToString() switch
        {
            // No Fetch Metadata: an old browser, or none.
            "" or "same-origin" => client,
            // A page can withhold its Referer: a neighbour below the same domain must not pass by doing so.
            "same-site" => referer.Length > 0 ? client : null,
            "cross-site" => client.AllowCrossSite && referer.Length > 0 ? client : null,
            _ => null,
        };
    }

    private static bool IsOwn(Client client, string url, ClientRegistry clients) =>
        WebOrigin.TryOf(url, out var origin) && clients.Owns(client, origin);
}
