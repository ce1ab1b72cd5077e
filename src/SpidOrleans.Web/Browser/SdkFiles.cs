using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Web.Documentation;

namespace SpidOrleans.Web.Browser;

/// <summary><c>/js</c>: the SDK and its types, for pages of any origin.</summary>
internal static class SdkFiles
{
    /// <summary>An hour: a corrected SDK reaches every page the same day.</summary>
    private const string Caching = "public, max-age=3600";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var assets = routes.ServiceProvider.GetRequiredService<EmbeddedAssets>();
        foreach (var path in assets.Below("js/"))
        {
            routes.MapMethods("/" + path, [HttpMethods.Get, HttpMethods.Head], (Delegate)((HttpContext context) =>
            {
                context.Response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
                context.Response.Headers.AccessControlAllowOrigin = "*";
                return assets.WriteAsync(context, path, Caching);
            })).Describe("sdk-" + Path.GetFileName(path), "The browser SDK: " + Path.GetFileName(path), "One file without dependencies.",
                answerType: "text/javascript");
        }
    }
}
