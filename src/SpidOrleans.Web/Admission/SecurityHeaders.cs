using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace SpidOrleans.Web.Admission;

/// <summary>What every answer carries, and what pages carry besides.</summary>
internal static class SecurityHeaders
{
    /// <summary>For our own pages: everything from this host, nothing inline, nobody frames them.</summary>
    public const string PagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static readonly StringValues NoSniff = "nosniff";

    public static Task AddAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.Headers.XContentTypeOptions = NoSniff;
        return next(context);
    }

    public static void ForPage(IHeaderDictionary headers, string policy = PagePolicy)
    {
        headers.ContentSecurityPolicy = policy;
        headers["Referrer-Policy"] = "strict-origin-when-cross-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }
}
