using Microsoft.AspNetCore.Http;

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

    public static void AllowPreflight(IHeaderDictionary headers)
    {
        headers.AccessControlAllowMethods = "POST";
        headers.AccessControlAllowHeaders = "Content-Type";
        headers.AccessControlMaxAge = "600";
    }
}
