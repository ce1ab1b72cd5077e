using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Browser;

/// <summary>Decides whether a page may learn who the visitor is, or act for it. Any page of the web can send the request, so it
/// is answered only where a registered client's page asks.</summary>
internal static class CallerCheck
{
    private const string SdrnBegin = "sdrn:";
    private const string SdrnMiddle = ":client:";

    /// <summary>For a script that tells. The client, if it may be told; null: answer nothing about anybody.</summary>
    public static Client? FindTrusted(HttpRequest request, ClientRegistry clients)
    {
        if (clients.Find(request.Query["client_id"]) is not { } client) return null;

        // redirect_uri is the caller's claim, Referer and Origin are the browser's: none may belong to somebody else.
        var claimed = request.Query["redirect_uri"].ToString();
        var referer = request.Headers.Referer.ToString();
        if (claimed.Length == 0 && referer.Length == 0) return null;
        if (claimed.Length > 0 && !IsOwn(client, claimed, clients)) return null;
        if (referer.Length > 0 && !IsOwn(client, referer, clients)) return null;
        // Scripts that are loaded with CORS have it: then it is the browser's word too.
        var origin = request.Headers.Origin.ToString();
        if (origin.Length > 0 && !clients.Owns(client, origin)) return null;
        var isNamed = referer.Length > 0 || origin.Length > 0;

        if (Destination(request) is not ("" or "script")) return null;
        return Site(request) switch
        {
            "same-origin" => client,
            // A page can withhold its Referer: a neighbour below the same domain must not pass by doing so, nor any page in a browser
            // that says nothing of it (no Fetch Metadata: an old one, or none).
            "same-site" or "" => isNamed ? client : null,
            "cross-site" => client.AllowCrossSite && isNamed ? client : null,
            _ => null,
        };
    }

    /// <summary>For a script that does something: the browser itself must say which page it is, and no page of another site
    /// may, whatever its client is allowed to read.</summary>
    public static Client? FindActing(HttpRequest request, ClientRegistry clients)
    {
        if (FindTrusted(request, clients) is not { } client) return null;
        return Site(request) switch
        {
            "" or "same-origin" or "same-site" => client,
            _ => null,
        };
    }

    /// <summary>For <c>fetch</c>: the client that <c>client_sdrn</c> names, if the page's origin is its own.</summary>
    public static Client? FindOrigin(HttpRequest request, ClientRegistry clients) =>
        clients.Find(ClientIdOf(request.Query["client_sdrn"])) is { } client && clients.Owns(client, Origin(request)) ? client : null;

    /// <summary>Whether the page that <see cref="FindOrigin"/> has found may be told of the person.</summary>
    public static bool IsNear(HttpRequest request, Client client) => Destination(request) is "" or "empty" && Site(request) switch
    {
        "" or "same-origin" or "same-site" => true,
        "cross-site" => client.AllowCrossSite,
        _ => false,
    };

    /// <summary>Browsers leave it out where a page asks its own origin; what they say instead no page can forge.</summary>
    public static string Origin(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 && Site(request) == "same-origin" ? $"{request.Scheme}://{request.Host}" : origin;
    }

    /// <summary>The client id in <c>sdrn:schibsted.com:client:{id}</c>, whatever the environment; null if it is no such name.</summary>
    public static string? ClientIdOf(string? sdrn)
    {
        var middle = sdrn?.IndexOf(SdrnMiddle, StringComparison.Ordinal) ?? -1;
        return middle >= SdrnBegin.Length && sdrn!.StartsWith(SdrnBegin, StringComparison.Ordinal) ? sdrn[(middle + SdrnMiddle.Length)..] : null;
    }

    /// <summary>Only what is registered, to the letter: whoever compares less strictly has an open redirect.</summary>
    public static bool MayRedirect(Client client, string uri, ClientRegistry clients) =>
        client.RedirectUris.Contains(uri) || (client.IsDemo && IsOwn(client, uri, clients));

    private static string Site(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString();

    private static string Destination(HttpRequest request) => request.Headers["Sec-Fetch-Dest"].ToString();

    private static bool IsOwn(Client client, string url, ClientRegistry clients) =>
        WebOrigin.TryOf(url, out var origin) && clients.Owns(client, origin);
}
