using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SpidOrleans.Mixpanel.Preview;
using SpidOrleans.Web.Admission;

namespace SpidOrleans.Web.Demo;

/// <summary><c>/preview</c>: what arrived at the built-in stand-in for Mixpanel.</summary>
internal sealed class PreviewApi(PreviewProject preview, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    private const int EventsDefault = 200;

    /// <summary>Pages that watch at once; more are told to come back.</summary>
    private const int WatchersMax = 32;

    /// <summary>A sign of life for proxies and for noticing that a page has gone.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private int _watchers;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<PreviewApi>();
        var group = routes.MapGroup("/preview").AddEndpointFilter<OwnPage>().ExcludeFromDescription();
        group.MapGet("/events", api.Events);
        group.MapGet("/changes", (Delegate)api.WatchAsync);
    }

    private IResult Events(HttpContext context)
    {
        var text = context.Request.Query["limit"].ToString();
        var limit = EventsDefault;
        if (text.Length > 0 && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= PreviewProject.EventsMax))
            return Problem.Invalid("limit", $"must be 1 to {PreviewProject.EventsMax}");
        context.Response.Headers.CacheControl = "no-store";
        // The version first: should something arrive in between, the page fetches once too often rather than once too few.
        var version = preview.Version;
        var answer = new PreviewAnswer(
            version, preview.Latest(limit).Select(PreviewEventAnswer.From), preview.LatestProfiles(limit).Select(PreviewProfileAnswer.From));
        return TypedResults.Json(answer, PreviewJson.Default.PreviewAnswer);
    }

    private async Task<IResult> WatchAsync(HttpContext context)
    {
        try
        {
            if (Interlocked.Increment(ref _watchers) > WatchersMax) return Problem.TooManyRequests("Too many pages watch the preview.");
            await SendChangesAsync(context);
        }
        catch (OperationCanceledException)
        {
            // The page has gone or the host stops.
        }
        finally
        {
            Interlocked.Decrement(ref _watchers);
        }

        return Results.Empty;
    }

    private async Task SendChangesAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        long? known = null;
        while (true)
        {
            var version = preview.Version;
            var message = version == known ? ":\n\n" : string.Create(CultureInfo.InvariantCulture, $"data: {{\"version\":{version}}}\n\n");
            await context.Response.Body.WriteAsync(Encoding.ASCII.GetBytes(message), end.Token);
            await context.Response.Body.FlushAsync(end.Token);
            known = version;
            await preview.WaitForChangeAsync(version, end.Token).WaitAsync(Heartbeat, clock, end.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            end.Token.ThrowIfCancellationRequested();
        }
    }
}
