using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Browser;

namespace SpidOrleans.Web.Demo;

/// <summary><c>/</c> and what the page loads.</summary>
internal static class DemoPage
{
    private const string Caching = "no-cache";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var assets = routes.ServiceProvider.GetRequiredService<EmbeddedAssets>();
        foreach (var path in assets.Below("demo/"))
        {
            var route = path == "demo/index.html" ? "/" : "/" + path;
            routes.MapMethods(route, [HttpMethods.Get, HttpMethods.Head], context =>
            {
                SecurityHeaders.ForPage(context.Response.Headers);
                return assets.WriteAsync(context, path, Caching);
            }).ExcludeFromDescription();
        }
    }
}
