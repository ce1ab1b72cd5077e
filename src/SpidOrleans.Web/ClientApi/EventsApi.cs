using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Documentation;
using SpidOrleans.Web.Intake;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.ClientApi;

/// <summary><c>POST /v1/events</c>: the path that nearly all requests take, so nothing is bound or wrapped for it.</summary>
internal sealed class EventsApi(SpidSettings settings, EventTracker tracker, EventRate rate, TimeProvider clock)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<EventsApi>();
        routes.MapPost("/events", (Delegate)api.TrackAsync).Describe("trackEvents", "Accepts events",
            "Answers once all are durable. One invalid event refuses the whole request and stores nothing. "
            + "Whoever names insertId and time may send the same again: it counts once.",
            body: typeof(EventsBody), answer: typeof(TrackReceipt), answerStatus: StatusCodes.Status202Accepted,
            refusals: [400, 401, 408, 413, 415, 429, 503]);
    }

    private async Task TrackAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Refusal is not null)
        {
            await body.Refusal.ExecuteAsync(context);
            return;
        }

        var client = context.GetClient();
        var reading = EventsReader.Read(body.Bytes, new EventsReaderOptions { EventsMax = settings.Limits.EventsPerRequest, Now = clock.GetUtcNow() });
        var refusal = Refuse(reading, settings.Limits) ?? rate.Refuse(client, reading.Events.Length)
            ?? (await tracker.TrackAsync(client.Source, reading.Events)).ToRefusal();
        await (refusal?.ExecuteAsync(context) ?? TrackReceipt.WriteAsync(context, reading.Events.Length));
    }

    internal static Problem? Refuse(EventsReading reading, LimitSettings limits) =>
        reading.IsTooMany ? Problem.TooLarge($"More than {limits.EventsPerRequest} events in one request (Limits:EventsPerRequest).")
        : reading.IsValid ? null
        : Problem.Invalid(reading.Errors);
}
