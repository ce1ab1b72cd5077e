using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Logging;
using SpidOrleans.Web.Browser;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Admission;

/// <summary><c>Limits:BrowserRequestsPerSecond</c>: what the browsers at one address may ask on the pages of one client. A page asks two or
/// three times, so that a whole town behind one address stays below.</summary>
internal sealed partial class BrowserRate(SpidSettings settings, ClientRegistry clients, Refusals refusals, TimeProvider clock, ILogger<BrowserRate> logger)
    : IRateLimiterPolicy<int>
{
    public const string Name = "browsers";

    /// <summary>Seconds' worth that may come at once.</summary>
    private const int BurstSeconds = 10;

    /// <summary>Whoever has misconfigured a proxy is told so, and not with every request.</summary>
    private static readonly TimeSpan WarnEvery = TimeSpan.FromMinutes(10);

    private readonly TokenBucketRateLimiterOptions? _bucket = settings.Limits.BrowserRequestsPerSecond is not { } perSecond ? null : new()
    {
        TokenLimit = perSecond * BurstSeconds,
        TokensPerPeriod = perSecond,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
        AutoReplenishment = false,
    };

    private long _warnedAt;

    public Func<OnRejectedContext, CancellationToken, ValueTask> OnRejected => (rejected, _) => new ValueTask(RefuseAsync(rejected));

    /// <summary>As many partitions as there are slots, whoever asks from wherever.</summary>
    public RateLimitPartition<int> GetPartition(HttpContext httpContext) => _bucket is not { } bucket
        ? RateLimitPartition.GetNoLimiter(0)
        : RateLimitPartition.GetTokenBucketLimiter(
            CallerAddress.SlotOf(httpContext.Connection.RemoteIpAddress, FindClient(httpContext.Request)?.Id), _ => bucket);

    private Client? FindClient(HttpRequest request) =>
        clients.Find(request.Query["client_id"]) ?? clients.Find(CallerCheck.ClientIdOf(request.Query["client_sdrn"]));

    private Task RefuseAsync(OnRejectedContext rejected)
    {
        var context = rejected.HttpContext;
        refusals.Count(RefusalReason.BrowserRequests, FindClient(context.Request)?.Id ?? Refusals.Nobody);
        WarnOfProxy(context.Request);
        var seconds = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) : 1;
        var problem = Problem.TooManyRequests("Too many requests from this address (Limits:BrowserRequestsPerSecond).", seconds);
        return context.GetEndpoint()?.Metadata.GetMetadata<RefusalForm>() is { } form ? form.WriteAsync(context, problem) : problem.ExecuteAsync(context);
    }

    private void WarnOfProxy(HttpRequest request)
    {
        if (!settings.Proxies.IsEmpty || !Forwarding.IsForwarded(request)) return;
        var now = clock.GetTimestamp();
        var warnedAt = Volatile.Read(ref _warnedAt);
        if (warnedAt != 0 && clock.GetElapsedTime(warnedAt, now) < WarnEvery) return;
        if (Interlocked.CompareExchange(ref _warnedAt, now, warnedAt) == warnedAt) LogUnknownProxy(logger);
    }

    [LoggerMessage(EventId = 3200, Level = LogLevel.Warning, Message =
        "Browsers are refused as too many at one address, and a proxy that Proxies does not name has handed them on: all of them count as one")]
    private static partial void LogUnknownProxy(ILogger logger);
}

/// <summary>How an endpoint for browsers says that it was asked too often, where the problem as such would not be understood.</summary>
internal sealed record RefusalForm(Func<HttpContext, Problem, Task> WriteAsync);

internal static class BrowserRates
{
    /// <param name="writeAsync">Null: a problem is understood.</param>
    public static TBuilder LimitRate<TBuilder>(this TBuilder endpoints, Func<HttpContext, Problem, Task>? writeAsync = null)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoints.RequireRateLimiting(BrowserRate.Name);
        return writeAsync is null ? endpoints : endpoints.WithMetadata(new RefusalForm(writeAsync));
    }
}
