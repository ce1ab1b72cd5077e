using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Browser;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Documentation;

namespace SpidOrleans.Web.Ingestion;

/// <summary>What the four paths of Mixpanel's wire format have in common: who may send, what the records are, how the answer is worded.</summary>
internal sealed class IngestionApi(
    SpidSettings settings, ClientRegistry clients, Senders senders, EventIngestion events, ProfileIngestion profiles, EventRate rate, ClientGate gate, Refusals refusals, BodyLimits limits, IServiceProvider services)
{
    private const string UnknownOrigin = "The page's origin is not registered.";
    private const string NoCredentials =
        "Invalid credentials: send the client's id and secret by HTTP Basic, the secret as its user or as api_key, or an access token as Bearer; the project's token proves nothing";

    private static readonly int[] RefusalStatuses = [401, 403, 408, 413, 415, 429, 503];
    private static readonly QueryNote Data = new("data", true, "JSON, or its base64.");
    private static readonly QueryNote Strict = new("strict", false, "1: every refused record is named.");
    private static readonly QueryNote Image = new("img", false, "1: the answer is a pixel.");
    private static readonly QueryNote Callback = new("callback", false, "The answer is a script that calls this: 1 to 64 of A-Z, a-z, 0-9, '_' and '$'.");

    private static readonly QueryNote[] Query =
    [
        new("verbose", false, "1: the answer is JSON, status and error."),
        new("ip", false, "1: the sender's address is the person's."),
        new("api_key", false, "The client's secret, where there is no room for it elsewhere."),
    ];

    private readonly VisitorCookie? _cookie = services.GetService<VisitorCookie>();

    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<IngestionApi>();
        routes.MapPost("/track", (Delegate)api.TrackAsync).Describe("mixpanelTrack", "Accepts events in Mixpanel's format",
            "For Mixpanel's own clients. A visitor's id may stand in distinct_id, $device_id or $user_id; a user is named with the client's credentials, "
            + "or by the browser in which the user is signed in. The status is 200 also where events are refused: the body is 1 if any was taken, else 0.",
            body: typeof(MixpanelEventBody), answer: typeof(int), query: Query, refusals: [], ownRefusals: (typeof(int), RefusalStatuses));
        routes.MapGet("/track", (Delegate)api.TrackAsync).Describe("mixpanelTrackByGet", "As POST, with the events in the query", "One event, or a list.",
            answer: typeof(int), query: [Data, .. Query, Image, Callback], refusals: [], ownRefusals: (typeof(int), RefusalStatuses));
        routes.MapPost("/import", (Delegate)api.ImportAsync).Describe("mixpanelImport", "Accepts events in Mixpanel's format from a back end",
            "Needs the client's credentials: its id and secret by HTTP Basic, the secret alone as user or as api_key, or an access token. The project's token is not enough. "
            + "What comes as a form without strict=1 is answered as /track answers.",
            body: typeof(MixpanelEventBody), answer: typeof(MixpanelImportAnswer), query: [.. Query, Strict], refusals: [],
            ownRefusals: (typeof(MixpanelImportAnswer), [400, .. RefusalStatuses]));
        // mixpanel-node imports a single event by GET.
        routes.MapGet("/import", (Delegate)api.ImportAsync).ExcludeFromDescription();
        MapChanges("/engage", "Engage", "Changes profiles of users", ofGroups: false,
            "As Mixpanel's /engage, addressed as the events of /track. What an anonymous visitor is to have is kept with it until its login.");
        MapChanges("/groups", "Groups", "Changes profiles of groups", ofGroups: true,
            "As Mixpanel's /groups: with the client's credentials, or from a page of its origins, which adds and sets only.");
        foreach (var path in (string[])["/track", "/import", "/engage", "/groups"])
            routes.MapMethods(path, [HttpMethods.Options], (Delegate)api.PreflightAsync).ExcludeFromDescription();

        void MapChanges(string path, string id, string summary, bool ofGroups, string description)
        {
            Task Change(HttpContext context) => api.ChangeAsync(context, ofGroups);
            routes.MapPost(path, (Delegate)Change).Describe("mixpanel" + id, summary, description,
                body: typeof(MixpanelUpdateBody), answer: typeof(int), query: Query, refusals: [], ownRefusals: (typeof(int), RefusalStatuses));
            routes.MapGet(path, (Delegate)Change).Describe($"mixpanel{id}ByGet", "As POST, with the changes in the query", "One change, or a list.",
                answer: typeof(int), query: [Data, .. Query, Image, Callback], refusals: [], ownRefusals: (typeof(int), RefusalStatuses));
        }
    }

    private Task PreflightAsync(HttpContext context)
    {
        if (!AllowOrigin(context)) return Problem.Forbidden(UnknownOrigin).ExecuteAsync(context);
        var headers = context.Response.Headers;
        headers.AccessControlAllowMethods = "GET, POST";
        headers.AccessControlAllowHeaders = "Content-Type, Content-Encoding, Authorization, traceparent";
        headers.AccessControlMaxAge = "600";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private async Task TrackAsync(HttpContext context)
    {
        var (payload, outcome) = await TakeAsync(context, needsProof: false, (payload, sender) => events.TrackAsync(context, payload, sender, isStrict: false));
        await IngestionAnswer.WriteAsync(context, payload.Parameters, outcome);
    }

    private async Task ChangeAsync(HttpContext context, bool ofGroups)
    {
        var (payload, outcome) = await TakeAsync(context, needsProof: false, (payload, sender) => profiles.ChangeAsync(context, payload, sender, ofGroups));
        await IngestionAnswer.WriteAsync(context, payload.Parameters, outcome);
    }

    private async Task ImportAsync(HttpContext context)
    {
        var (payload, outcome) = await TakeAsync(context, needsProof: true, (payload, sender) => events.TrackAsync(context, payload, sender, payload.Parameters.IsStrict));
        // Old clients import as they track.
        var isOld = payload.IsForm && !payload.Parameters.IsStrict && outcome.Status != StatusCodes.Status401Unauthorized;
        await (isOld ? IngestionAnswer.WriteAsync(context, payload.Parameters, outcome) : IngestionAnswer.WriteImportAsync(context, payload.Parameters, outcome));
    }

    private async Task<(IngestionPayload Payload, IngestionOutcome Outcome)> TakeAsync(
        HttpContext context, bool needsProof, Func<IngestionPayload, SenderOf, Task<IngestionOutcome>> take)
    {
        // 1. A page of no client is refused before anything of it is kept; all others can read the answer.
        var nothing = new IngestionPayload(new IngestionParameters(), default, IsForm: false, null);
        if (!AllowOrigin(context)) return (nothing, IngestionOutcome.Refused(UnknownOrigin, StatusCodes.Status403Forbidden));

        // 2. What it sends.
        var isProven = clients.FindProven(context.Request.Headers.Authorization.ToString()) is not null;
        var payload = await IngestionPayload.ReadAsync(context, limits, settings.Limits.RequestBytes, isProven);
        if (payload.Refusal is not null) return (payload, payload.Refusal);

        // 3. What it proves.
        var credentials = await SentCredentials.ReadAsync(context, payload.Parameters.ApiKey, clients, senders);
        if (credentials.AreWrong || (needsProof && credentials.Proven is []))
        {
            context.Response.Headers.WWWAuthenticate = BasicAuthentication.Challenge;
            return (payload, IngestionOutcome.Refused(NoCredentials, StatusCodes.Status401Unauthorized));
        }

        // 4. The records, of the project that they name.
        ClientShare? share = null;
        var weight = 0;
        var admitted = Refusals.Nobody;
        try
        {
            var outcome = await take(payload, FindSender);
            if (admitted != Refusals.Nobody && outcome.Status == StatusCodes.Status429TooManyRequests) refusals.Count(RefusalReason.Lane, admitted);
            if (outcome.Status == StatusCodes.Status503ServiceUnavailable) refusals.Count(RefusalReason.Unavailable, admitted);
            return (payload, outcome);
        }
        catch (ClusterUnavailableException)
        {
            refusals.Count(RefusalReason.Unavailable, admitted);
            return (payload, IngestionOutcome.Of(Problem.Unavailable()));
        }
        finally
        {
            share?.Leave(weight);
        }

        Sender? FindSender(string? token, int records, out IngestionOutcome? refusal)
        {
            var request = context.Request;
            var origin = CallerCheck.Origin(request) is { Length: > 0 } own ? own : null;
            var referer = WebOrigin.TryOf(request.Headers.Referer, out var page) ? page : null;
            var sender = senders.Find(token, credentials.Proven, origin, referer, _cookie?.Read(request), out var reason);
            refusal = sender is null ? IngestionOutcome.Refused(reason!, reason == Senders.UnknownOrigin ? StatusCodes.Status403Forbidden : StatusCodes.Status200OK)
                : (Crowded(sender.RateKey) ?? rate.Refuse(sender.RateKey, records)) is { } tooMuch ? IngestionOutcome.Of(tooMuch)
                : null;
            if (refusal is null) admitted = sender!.RateKey;
            return sender;
        }

        // The body is read by now: what finds no room does not wait with it.
        Problem? Crowded(string sender)
        {
            var own = gate.Of(sender);
            weight = own.Weigh(payload.Json.Length);
            if (!own.TryEnter(weight)) return gate.Refuse(sender);
            share = own;
            return null;
        }
    }

    /// <summary>False for a page of no client. Whoever is no browser says nothing of an origin.</summary>
    private bool AllowOrigin(HttpContext context)
    {
        context.Response.Headers.Vary = "Origin";
        var origin = context.Request.Headers.Origin.ToString();
        if (origin.Length == 0) return true;
        if (!clients.Knows(origin)) return false;
        CrossOrigin.Allow(context.Response.Headers, origin);
        return true;
    }
}

/// <summary>Finds the sender once the records have said of which project they are.</summary>
/// <param name="token">Null: they do not say.</param>
/// <param name="records">How many there are.</param>
/// <param name="refusal">Null: they may be taken.</param>
internal delegate Sender? SenderOf(string? token, int records, out IngestionOutcome? refusal);
