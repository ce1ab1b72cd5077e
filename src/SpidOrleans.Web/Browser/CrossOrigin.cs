using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Browser;

/// <summary>CORS for registered origins: echoed exactly, never <c>*</c>, since cookies come along.</summary>
internal static class CrossOrigin
{
    public static void Allow(IHeaderDictionary headers, string origin)
    {
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlAllowCredentials = "true";
        headers.AccessControlExposeHeaders = "Retry-After";
    }

    /// <summary>The request's origin if any client owns it; the answer then says that its page may read it.</summary>
    public static string? AllowKnown(HttpContext context, ClientRegistry clients)
    {
        context.Response.Headers.Vary = "Origin";
        var origin = context.Request.Headers.Origin.ToString();
        if (!clients.Knows(origin)) return null;
        Allow(context.Response.Headers, origin);
        return origin;
    }

    public static void AllowPreflight(IHeaderDictionary headers)
    {
        headers.AccessControlAllowMethods = "POST";
        headers.AccessControlAllowHeaders = "Content-Type";
        headers.AccessControlMaxAge = "600";
    }
}
