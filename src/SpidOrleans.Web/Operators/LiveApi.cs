using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using SpidOrleans.Contracts.Operations;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Operators.Pages;

namespace SpidOrleans.Web.Operators;

/// <summary><c>/console/live</c>: events as they pass, by Server-Sent Events. A view asks the silos twice a second; when it is closed
/// nobody asks, and they forget it.</summary>
internal sealed class LiveApi(IOperations operations, SpidSettings settings, TimeProvider clock, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>A view that is forgotten in some tab ends; the browser opens it anew if it is still there.</summary>
    private static readonly TimeSpan ViewMax = TimeSpan.FromMinutes(15);

    /// <summary>Of this silo's console.</summary>
    private const int ViewsMax = 8;

    private const int TextMax = 255;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private int _views;

    public void Map(IEndpointRouteBuilder console)
    {
        console.MapGet("/live", (Delegate)Show);
        console.MapGet("/live/events", (Delegate)StreamAsync);
    }

    private OperatorPage<LiveViewPage> Show(HttpContext context) => new(new()
    {
        [nameof(LiveViewPage.Filter)] = Read(context.Request.Query),
        [nameof(LiveViewPage.Projects)] = settings.Cluster.Projects.Keys.Order(StringComparer.Ordinal).ToList(),
        [nameof(LiveViewPage.Clients)] = settings.Clients.Values.Select(client => client.Source.ClientName).Order(StringComparer.Ordinal).ToList(),
    });

    private async Task StreamAsync(HttpContext context)
    {
        var response = context.Response;
        if (Interlocked.Increment(ref _views) > ViewsMax)
        {
            Interlocked.Decrement(ref _views);
            response.StatusCode = StatusCodes.Status429TooManyRequests;
            return;
        }

        try
        {
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            response.ContentType = "text/event-stream";
            response.Headers.CacheControl = "no-store";
            response.Headers["X-Accel-Buffering"] = "no";
            using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
            end.CancelAfter(ViewMax);
            await SendAsync(response, Read(context.Request.Query), end.Token);
        }
        catch (OperationCanceledException)
        {
            // The viewer has gone, the view is old, or the silo stops.
        }
        finally
        {
            Interlocked.Decrement(ref _views);
        }
    }

    private async Task SendAsync(HttpResponse response, LiveFilter filter, CancellationToken cancellationToken)
    {
        var viewer = Guid.NewGuid();
        var isFirst = true;
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            var page = await operations.LookAsync(viewer, filter);
            // Something must be sent now and then, or nobody would learn that the viewer has gone.
            var text = page.Events.IsEmpty && page is { Dropped: 0, IsFull: false, Silent: 0 } && !isFirst ? ":\n\n" : $"event: seen\ndata: {Write(page)}\n\n";
            isFirst = false;
            await response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
            await response.Body.FlushAsync(cancellationToken);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>One line: JSON has no line ends of its own.</summary>
    private static string Write(LivePage page) => JsonSerializer.Serialize(
        new
        {
            events = page.Events.Select(live => new
            {
                step = live.Step.ToString().ToLowerInvariant(),
                at = live.AtMs,
                live.Project,
                live.Client,
                live.Event,
                live.Visitor,
                live.User,
                live.InsertId,
            }),
            dropped = page.Dropped,
            isFull = page.IsFull,
            silent = page.Silent,
        },
        Json);

    private static LiveFilter Read(IQueryCollection query)
    {
        return new LiveFilter { Project = Text("project"), Client = Text("client"), Event = Text("event"), Identity = Text("id") };

        string? Text(string name) => query[name].ToString().Trim() is { Length: > 0 and <= TextMax } text ? text : null;
    }
}
