using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Documentation;

namespace SpidOrleans.Web.Health;

/// <summary><c>/health</c>, for whoever restarts the process (live) or sends it requests (ready).</summary>
internal static class HealthApi
{
    /// <summary>A database that takes longer is away.</summary>
    public static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(2);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/live", Live).Describe("live", "Says that the process runs", "Never asks the database.", answer: typeof(HealthAnswer));
        routes.MapGet("/ready", ReadyAsync).Describe("ready", "Says whether requests can be served",
            "503 while the host drains, or the database or the cluster is away.", answer: typeof(HealthAnswer), refusals: [503]);
    }

    public static IServiceCollection AddReadiness(this IServiceCollection services)
    {
        services.AddHealthChecks().AddCheck<DrainingCheck>("draining");
        return services;
    }

    private static JsonHttpResult<HealthAnswer> Live(HttpContext context) => Answer(context, "live");

    private static async Task<IResult> ReadyAsync(HttpContext context, HealthCheckService checks, TimeProvider clock)
    {
        using var timeout = new CancellationTokenSource(CheckTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, context.RequestAborted);
        try
        {
            var report = await checks.CheckHealthAsync(either.Token).WaitAsync(either.Token);
            if (report.Status == HealthStatus.Healthy) return Answer(context, "ready");
            return NotReady(report.Entries.Where(check => check.Value.Status != HealthStatus.Healthy).Select(check => check.Key));
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return NotReady(["no answer in time"]);
        }
    }

    private static Problem NotReady(IEnumerable<string> reasons) => new()
    {
        Status = StatusCodes.Status503ServiceUnavailable,
        Detail = $"Not ready: {string.Join(", ", reasons)}.",
        RetryAfterSeconds = 1,
    };

    private static JsonHttpResult<HealthAnswer> Answer(HttpContext context, string status)
    {
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(new HealthAnswer(status), HealthJson.Default.HealthAnswer);
    }
}
