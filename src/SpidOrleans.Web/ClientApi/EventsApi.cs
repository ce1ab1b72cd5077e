using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Documentation;
using SpidOrleans.Web.Intake;
using SpidOrleans.Web.Reading;
using SpidOrleans.Web.Telemetry;

namespace SpidOrleans.Web.ClientApi;

/// <summary><c>POST /v1/events</c>: the path that nearly all requests take, so nothing is bound or wrapped for it.</summary>
internal sealed class EventsApi(
    SpidSettings settings, ClientRegistry clients, EventTracker tracker, EventRate rate, ClientGate gate, BodyLimits limits,
    Refusals refusals, TimeProvider clock)
{
    private const string Path = "/v1/events";

    /// <summary>A client's request that is this one beyond doubt skips routing and authorization, which cost as much as the
    /// grain's work on it. Whatever else, also what must be refused, goes on to them.</summary>
    public static void UseShortcut(IApplicationBuilder app)
    {
        var api = app.ApplicationServices.GetRequiredService<EventsApi>();
        app.Use(next => context =>
        {
            if (api.FindSender(context.Request) is not { } client) return next(context);
            UnroutedPath.Name(context, Path);
            return api.TrackAsync(context, client);
        });
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<EventsApi>();
        routes.MapPost("/events", (Delegate)(RequestDelegate)api.TrackAsync).Describe("trackEvents", "Accepts events",
            "Answers once all are durable. One invalid event refuses the whole request and stores nothing. "
            + "Whoever names insertId and time may send the same again: it counts once. "
            + "403: a visitor or user among them was erased; the events of all others are stored.",
            body: typeof(EventsBody), answer: typeof(TrackReceipt), answerStatus: StatusCodes.Status202Accepted,
            refusals: [400, 401, 403, 408, 413, 415, 429, 503]).WithMetadata(new ClientGate.EntersItself());
    }

    private Client? FindSender(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) && request.Path.Value == Path ? clients.FindProven(request.Headers.Authorization.ToString()) : null;

    private Task TrackAsync(HttpContext context) => TrackAsync(context, context.GetClient());

    /// <summary>Whoever floods the host is refused before its body is read. One method: a second one costs each request an object more.</summary>
    private async Task TrackAsync(HttpContext context, Client client)
    {
        var share = gate.Of(client.Id);
        var weight = share.Weigh(context.Request.ContentLength);
        if ((rate.Refuse(client) ?? (share.TryEnter(weight) ? null : await gate.WaitAsync(context, client.Id, share, weight))) is { } tooMuch)
        {
            await tooMuch.ExecuteAsync(context);
            return;
        }

        try
        {
            var body = await RequestBody.ReadAsync(context, limits, isProven: true);
            if (body.Refusal is not null)
            {
                await body.Refusal.ExecuteAsync(context);
                return;
            }

            var reading = EventsReader.Read(body.Bytes, new EventsReaderOptions { EventsMax = settings.Limits.EventsPerRequest, Now = clock.GetUtcNow() });
            if ((Refuse(reading, settings.Limits) ?? rate.Refuse(client, reading.Events.Length)) is { } invalid)
            {
                await invalid.ExecuteAsync(context);
                return;
            }

            var result = await tracker.TrackAsync(client.Source, reading.Events);
            await (refusals.Refuse(result.Outcome, client.Id)?.ExecuteAsync(context) ?? TrackReceipt.WriteAsync(context, reading.Events.Length - result.Discarded));
        }
        finally
        {
            share.Leave(weight);
        }
    }

    internal static Problem? Refuse(EventsReading reading, LimitSettings limits) =>
        reading.IsTooMany ? Problem.TooLarge($"More than {limits.EventsPerRequest} events in one request (Limits:EventsPerRequest).")
        : reading.IsValid ? null
        : Problem.Invalid(reading.Errors);
}
