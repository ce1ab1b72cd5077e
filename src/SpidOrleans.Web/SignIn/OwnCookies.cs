using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.SignIn;

/// <summary>How this host is reached, as far as its cookies and addresses depend on it.</summary>
internal static class OwnCookies
{
    /// <summary>Plain http on loopback is a developer's machine. Behind a proxy that ends TLS the scheme is http too, the host is not.</summary>
    public static bool AreSecure(HttpRequest request) => request.IsHttps || !WebOrigin.IsLoopback(request.Host.Host);

    /// <summary>The address that the browser knows this host by.</summary>
    public static string Origin(HttpRequest request) => $"{(AreSecure(request) ? Uri.UriSchemeHttps : Uri.UriSchemeHttp)}://{request.Host}";
}
