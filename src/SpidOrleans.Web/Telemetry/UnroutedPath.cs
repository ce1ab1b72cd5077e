using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SpidOrleans.Web.Telemetry;

/// <summary>Tells metrics and spans the route of a request that routing never sees.</summary>
internal static class UnroutedPath
{
    private const string RouteTag = "http.route";

    public static void Name(HttpContext context, string route)
    {
        context.Features.Get<IHttpMetricsTagsFeature>()?.Tags.Add(new(RouteTag, route));
        if (Activity.Current is not { IsAllDataRequested: true } span) return;
        span.SetTag(RouteTag, route);
        span.DisplayName = $"{context.Request.Method} {route}";
    }
}
