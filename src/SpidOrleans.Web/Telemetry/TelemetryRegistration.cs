using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace SpidOrleans.Web.Telemetry;

/// <summary>What a host tells of itself: metrics at <c>/metrics</c>; and metrics, traces and logs over OTLP, where the environment
/// names an endpoint.</summary>
public static class TelemetryRegistration
{
    /// <summary>Our own meters, and those of what we stand on.</summary>
    private static readonly string[] Meters =
    [
        "SpidOrleans.*", "Microsoft.Orleans", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", "Npgsql",
    ];

    /// <summary>Not Npgsql's: a span for each statement would be most of what there is, and the commit has one of its own.</summary>
    private static readonly string[] Sources = ["SpidOrleans", "Microsoft.Orleans.Application", "System.Net.Http"];

    /// <summary>What is asked every second by whoever watches.</summary>
    private static readonly string[] Unwatched = ["/health", MetricsApi.Path];

    /// <param name="service">Name of the service, unless <c>OTEL_SERVICE_NAME</c> says otherwise.</param>
    /// <exception cref="Configuration.ConfigurationException">An endpoint is none.</exception>
    public static OtlpExport AddTelemetry(this WebApplicationBuilder builder, string service)
    {
        var export = new OtlpExport(builder.Configuration);
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource
                .AddService(service, serviceVersion: Version, serviceInstanceId: $"{Environment.MachineName}:{Environment.ProcessId}")
                .AddEnvironmentVariableDetector())
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(Meters).AddPrometheusExporter(exporter => exporter.ScopeInfoEnabled = false);
                if (export.HasMetrics) metrics.AddOtlpExporter(export.ToMetrics);
            });
        if (export.HasTraces)
        {
            telemetry.WithTracing(tracing => tracing
                .AddSource(Sources)
                .AddAspNetCoreInstrumentation(http => http.Filter = context => !Unwatched.Any(path => context.Request.Path.StartsWithSegments(path)))
                .AddProcessor(new SpanPrivacy())
                .AddOtlpExporter(export.ToTraces));
        }

        // The same lines as on the console, by the same levels. No scopes: those of ASP.NET have the path.
        if (export.HasLogs) telemetry.WithLogging(logging => logging.AddOtlpExporter(export.ToLogs), options => options.IncludeFormattedMessage = true);
        return export;
    }

    private static string Version =>
        typeof(TelemetryRegistration).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
