using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using SpidOrleans.Web.Documentation;
using SpidOrleans.Web.Operators;

namespace SpidOrleans.Web.Telemetry;

/// <summary><c>/metrics</c>, for Prometheus.</summary>
internal static class MetricsApi
{
    public const string Path = "/metrics";

    public static void Map(IEndpointRouteBuilder routes)
    {
        // A host that somebody builds without telemetry has none to show.
        if (routes.ServiceProvider.GetService<MeterProvider>() is not { } meters) return;
        var scrape = routes.CreateApplicationBuilder().UseOpenTelemetryPrometheusScrapingEndpoint(meters, predicate: null, path: Path, configureBranchedPipeline: null, optionsName: null).Build();
        routes.MapGet(Path, (Delegate)(RequestDelegate)scrape).RequireOperator().Describe("metrics", "Metrics for Prometheus",
            "For operators: HTTP Basic with any name and Console:Password; without a password, for this machine alone.",
            answerType: "text/plain", answer: typeof(string), refusals: [401, 403, 429]);
    }
}
