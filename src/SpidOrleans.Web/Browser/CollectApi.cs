using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.ClientApi;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Documentation;
using SpidOrleans.Web.Intake;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.Browser;

/// <summary><c>POST /v1/collect</c>: the SDK's events. Who sends is what the cookie says.</summary>
internal sealed class CollectApi(
    SpidSettings settings, ClientRegistry clients, VisitorCookie cookie, FormerVisitors former, EventTracker tracker, EventRate rate,
    ClientGate gate, Refusals refusals, IGrainFactory grains, TimeProvider clock)
{
    /// <summary>Anybody may send here; our SDK's batches are 30 KB.</summary>
    private const long BodyBytesMax = 1 << 20;

    private const long ConsentBytesMax = 1 << 10;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<CollectApi>();
        routes.MapPost("/v1/collect", (Delegate)api.CollectAsync).Describe("collect", "Accepts a browser's events",
            "For our SDK. The visitor comes from the cookie SPID_VISITOR alone, and the page's origin must be registered for the client.",
            body: typeof(CollectBody), answer: typeof(TrackReceipt), answerStatus: StatusCodes.Status202Accepted,
            refusals: [400, 401, 403, 408, 413, 415, 429, 503]);
        routes.MapPost("/v1/collect/consent", (Delegate)api.ConsentAsync).Describe("collectConsent", "Takes a browser's consent, or refusal",
            "As /v1/visitors/{visitorId}/consent, for the visitor whose cookie SPID_VISITOR comes along. The page's origin must be registered for a client.",
            body: typeof(ConsentBody), answer: typeof(ConsentAnswer), refusals: [400, 401, 403, 408, 413, 415, 503]);
        routes.MapMethods("/v1/collect/consent", [HttpMethods.Options], (Delegate)api.PreflightAsync).ExcludeFromDescription();
        routes.MapMethods("/v1/collect", [HttpMethods.Options], (Delegate)api.PreflightAsync).ExcludeFromDescription();
    }

    private Task PreflightAsync(HttpContext context)
    {
        if (CrossOrigin.AllowKnown(context, clients) is null) return UnknownOrigin().ExecuteAsync(context);
        CrossOrigin.AllowPreflight(context.Response.Headers);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private async Task CollectAsync(HttpContext context)
    {
        var (accepted, refusal) = await TrackAsync(context);
        await (refusal?.ExecuteAsync(context) ?? TrackReceipt.WriteAsync(context, accepted));
    }

    private async Task<IResult> ConsentAsync(HttpContext context)
    {
        if (CrossOrigin.AllowKnown(context, clients) is null) return UnknownOrigin();
        if (cookie.Read(context.Request) is not { } shown) return NoCookie();
        LimitBody(context, ConsentBytesMax);
        var body = await RequestBody.ReadAsync(context, takesText: true);
        if (body.Refusal is not null) return body.Refusal;
        var tracking = ConsentReader.Read(body.Bytes, out var errors);
        if (errors is not null) return Problem.Invalid(errors);
        var outcome = await ClusterCall.OrUnavailableAsync(() => grains.GetVisitor(shown.VisitorId).SetBrowsersConsentAsync(tracking, shown.Digest));
        return outcome == TrackOutcome.Erased ? Erased() : outcome.ToRefusal() ?? AnswerJson.Write(new ConsentAnswer(tracking));
    }

    private async Task<(int Accepted, Problem? Refusal)> TrackAsync(HttpContext context)
    {
        // 1. The page: a registered origin gets CORS headers, so that it can read refusals too.
        if (CrossOrigin.AllowKnown(context, clients) is not { } origin) return (0, UnknownOrigin());

        // 2. The visitor, before anything of a stranger's body is kept.
        if (cookie.Read(context.Request) is not { } shown) return (0, NoCookie());

        // 3. The body, and whether the page belongs to the client that it names.
        LimitBody(context, BodyBytesMax);
        var body = await RequestBody.ReadAsync(context, takesText: true);
        if (body.Refusal is not null) return (0, body.Refusal);
        var reading = EventsReader.Read(body.Bytes, new EventsReaderOptions
        {
            EventsMax = settings.Limits.EventsPerRequest,
            Now = clock.GetUtcNow(),
            FromBrowser = true,
        });
        var client = clients.Find(reading.ClientId);
        if (reading.ClientId is not null && (client is null || !clients.Owns(client, origin)))
            return (0, NotOfThisClient());

        // 4. The events, and that all of them are of this browser.
        if (EventsApi.Refuse(reading, settings.Limits) is { } invalid) return (0, invalid);
        if (rate.Refuse(client!, reading.Events.Length) is { } tooFast) return (0, tooFast);
        var share = gate.Of(client!.Id);
        var weight = share.Weigh(body.Bytes.Length);
        if (!share.TryEnter(weight)) return (0, gate.Refuse(client.Id));
        try
        {
            return await TrackAsync(context, client, shown, reading.Events);
        }
        finally
        {
            share.Leave(weight);
        }
    }

    private async Task<(int Accepted, Problem? Refusal)> TrackAsync(HttpContext context, Client client, BrowserCookie shown, ImmutableArray<AddressedEvent> sent)
    {
        var events = Complete(context, shown.VisitorId, sent);
        var namesFormer = events.Any(addressed => addressed.VisitorId != shown.VisitorId);
        if (namesFormer && await former.RefuseAsync(shown, events) is { } foreign) return (0, foreign);

        // 5. Durable, refused, or not wanted. The visitor's own grain looks at the secret, if there is one: a former one's could not.
        if (BrowserCall.RefusesTracking(context.Request, settings.Privacy)) return (0, null);
        var result = await tracker.TrackAsync(client.Source, events, fromBrowser: true, namesFormer ? null : shown.Digest);
        return (events.Length - result.Discarded, result.Outcome == TrackOutcome.Erased ? Erased() : refusals.Refuse(result.Outcome, client.Id));
    }

    private static ImmutableArray<AddressedEvent> Complete(HttpContext context, VisitorId visitor, ImmutableArray<AddressedEvent> events)
    {
        var (ip, userAgent) = (BrowserCall.Ip(context), BrowserCall.UserAgent(context));
        return ImmutableArray.CreateRange(events, addressed => addressed with
        {
            VisitorId = addressed.VisitorId ?? visitor,
            Event = addressed.Event with { Ip = ip, UserAgent = userAgent },
        });
    }

    private void LimitBody(HttpContext context, long bytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = Math.Min(settings.Limits.RequestBytes, bytes);
    }

    /// <summary>The SDK asks who the browser is now, and sends what is left of its queue under the new visitor's cookie: then those events
    /// that name the erased one are another browser's, and it lets go of them.</summary>
    private static Problem Erased() => Problem.Unauthorized("The cookie's visitor was erased: ask /rpc/hasSession.js for a new one.");

    private static Problem NoCookie() => Problem.Unauthorized($"No genuine cookie {VisitorCookie.Name} came along: ask /rpc/hasSession.js for one.");

    private static Problem NotOfThisClient() => Problem.Forbidden("The page's origin is not registered for this client.");

    private static Problem UnknownOrigin() => Problem.Forbidden("The page's origin is not registered.");
}
