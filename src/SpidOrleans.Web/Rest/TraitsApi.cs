using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Browser;
using SpidOrleans.Web.ClientApi;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Documentation;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.Rest;

/// <summary>Traits of users in SPiD's REST API. The user id, and a trait's name, come from <see cref="UserPath"/>.</summary>
internal sealed class TraitsApi(IGrainFactory grains, RestCaller caller, ClientGate gate, TimeProvider clock)
{
    private const string Field = "traits";

    /// <summary>SPiD's status for «too much at once», of which it has no 429.</summary>
    private const int Limited = 420;

    private const int RetrySeconds = 2;

    /// <summary>Of the form: the largest traits, each byte of them percent-encoded, have room twice.</summary>
    private const int BodyBytesMax = 128 << 10;

    private static readonly RestRoute TraitsRoute = new("User:traits", "/api/2/user/{userId}/traits", "Api/2/User.traits");
    private static readonly RestRoute TraitRoute = new("User:trait", "/api/2/user/{userId}/trait/{trait}", "Api/2/User.trait");

    private static readonly QueryNote Token = new(RestCaller.Parameter, false, "An access token of /oauth/token, unless Authorization: Bearer carries it.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<TraitsApi>();
        var user = routes.MapGroup("/user/{userId}");
        (Type, IReadOnlyList<int>) unauthorised = (typeof(OAuthError), [401]);
        QueryNote key = new("key", false, "Only the trait of this name.");
        const string shown = "Shows what the client says of a user", said = "Says something of a user";
        user.MapGet("/traits", (Delegate)api.GetAsync).Describe("getTraits", shown,
            "In SPiD's container.", answer: typeof(ContainerBody), query: [Token, key], ownRefusals: unauthorised);
        user.MapGet("/traits.json", (Delegate)api.GetAsync).Describe("getTraitsAsJson", shown,
            "As without .json.", answer: typeof(ContainerBody), query: [Token, key], ownRefusals: unauthorised);
        user.MapGet("/traits.jsonp", (Delegate)api.GetAsync).Describe("getTraitsAsJsonp", shown,
            "The container as a script, under status 200.", answerType: "text/javascript", refusals: [400],
            query: [Token, key, new("callback", false, "Whom to call; callback if absent.")], ownRefusals: unauthorised);
        user.MapPost("/traits", (Delegate)api.PostAsync).Describe("postTraits", said,
            "Given traits take the place of those of their names, the others stay. They leave with the client's later events of the user "
            + "and go to Mixpanel's profile. Refusals are in the container, 420 where SPiD limits.",
            body: typeof(TraitsBody), bodyType: "application/x-www-form-urlencoded", answer: typeof(ContainerBody), refusals: [408, 413], query: [Token],
            ownRefusals: unauthorised);
        user.MapPost("/traits.json", (Delegate)api.PostAsync).Describe("postTraitsAsJson", said,
            "As without .json.", body: typeof(TraitsBody), bodyType: "application/x-www-form-urlencoded", answer: typeof(ContainerBody),
            refusals: [408, 413], query: [Token], ownRefusals: unauthorised);
        user.MapDelete("/trait/{trait}", (Delegate)api.DeleteAsync).Describe("deleteTrait", "Takes a trait of a user away",
            "Answers those that are left. Percent-encode the name: '/' as %2F.", answer: typeof(ContainerBody),
            answerStatus: StatusCodes.Status202Accepted, query: [Token], ownRefusals: unauthorised);
    }

    private async Task<IResult> GetAsync(HttpContext context)
    {
        string? callback = null;
        if (context.Request.Path.Value!.EndsWith(".jsonp", StringComparison.OrdinalIgnoreCase))
        {
            callback = context.Request.Query["callback"] is { Count: > 0 } named ? named.ToString() : "callback";
            if (!SessionScript.Callback.IsMatch(callback)) return ScriptCall.InvalidCallback();
        }

        if (await caller.FindAsync(context.Request, formToken: null) is not { } client) return RestCaller.Refuse(context);
        var key = context.Request.Query["key"].ToString();
        return await AnswerAsync(context, TraitsRoute, StatusCodes.Status200OK, client, async user =>
        {
            var traits = await user.GetTraitsAsync(client.Id);
            if (key.Length > 0 && traits is not null) traits = traits with { All = traits.All.RemoveAll(trait => trait.Name != key) };
            return new TraitsResult { Outcome = TrackOutcome.Stored, Traits = traits };
        }, callback);
    }

    private async Task<IResult> PostAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = Math.Min(size.MaxRequestBodySize ?? BodyBytesMax, BodyBytesMax);
        var body = await RequestBody.ReadFormAsync(context);
        var form = body.Refusal is null ? UrlForm.Read(body.Bytes) : null;
        if (await caller.FindAsync(context.Request, form?[RestCaller.Parameter]) is not { } client) return RestCaller.Refuse(context);
        if (body.Refusal is { Status: not StatusCodes.Status415UnsupportedMediaType }) return body.Refusal;
        if (form?[Field] is not { } json) return Refuse(context, TraitsRoute, "Send the form field traits: a JSON object.");
        var traits = TraitsReader.Read(Encoding.UTF8.GetBytes(json), clock.GetUtcNow().ToUnixTimeMilliseconds(), out var fault);
        if (fault is not null) return Refuse(context, TraitsRoute, fault);

        return await AnswerAsync(context, TraitsRoute, StatusCodes.Status200OK, client, async user => traits.IsEmpty
            ? new TraitsResult { Outcome = TrackOutcome.Stored, Traits = await user.GetTraitsAsync(client.Id) }
            : await user.SetTraitsAsync(client.Source, traits, isTrusted: true));
    }

    private async Task<IResult> DeleteAsync(HttpContext context)
    {
        if (await caller.FindAsync(context.Request, formToken: null) is not { } client) return RestCaller.Refuse(context);
        if (context.Features.Get<UserAddress>()?.Trait is not { } trait) return Refuse(context, TraitRoute, "The name of the trait is no valid text.");
        return await AnswerAsync(context, TraitRoute, StatusCodes.Status202Accepted, client, user => user.RemoveTraitAsync(client.Source, trait));
    }

    private async Task<IResult> AnswerAsync(
        HttpContext context, RestRoute route, int status, Client client, Func<IUserGrain, Task<TraitsResult>> act, string? callback = null)
    {
        if (context.Features.Get<UserAddress>()?.UserId is not { } user)
            return Refuse(context, route, "The user id must be " + UserId.Rule + ".", callback, client.AllowCrossSite);
        var share = gate.Of(client.Id);
        const int weight = 1;
        if (!share.TryEnter(weight))
        {
            gate.Refuse(client.Id);
            return Container(Limited, "Too many requests of this client are under way: try again later.", null);
        }

        TraitsResult result;
        try
        {
            result = await ClusterCall.OrUnavailableAsync(() => act(grains.GetUser(user)));
        }
        catch (ClusterUnavailableException)
        {
            // Told in the container, as everything is here.
            result = new TraitsResult { Outcome = TrackOutcome.Unavailable };
        }
        finally
        {
            share.Leave(weight);
        }

        return result switch
        {
            { Outcome: TrackOutcome.LaneFull } => Container(Limited, "Too many changes of this user wait for Mixpanel: try again later.", null),
            { Outcome: TrackOutcome.Erased } => Container(StatusCodes.Status403Forbidden, "This user was erased: nothing more is taken of it.", null),
            { Outcome: not TrackOutcome.Stored } => Container(StatusCodes.Status503ServiceUnavailable, "Not confirmed: send the same again later.", null),
            { IsTooMuch: true } => Container(StatusCodes.Status400BadRequest, TraitsReader.TooMuchRule, null),
            _ => Container(status, null, result.Traits?.Set ?? []),
        };

        SpidContainer Container(int code, string? error, IEnumerable<Trait>? data) => new()
        {
            Route = route,
            UserId = user.ToString(),
            Status = code,
            Error = error,
            Data = data,
            Callback = callback,
            IsCrossSite = client.AllowCrossSite,
            RetryAfterSeconds = code is Limited or StatusCodes.Status503ServiceUnavailable ? RetrySeconds : null,
        };
    }

    private static SpidContainer Refuse(HttpContext context, RestRoute route, string error, string? callback = null, bool isCrossSite = false) => new()
    {
        Route = route,
        UserId = context.Features.Get<UserAddress>()?.UserId?.ToString(),
        Status = StatusCodes.Status400BadRequest,
        Error = error,
        Callback = callback,
        IsCrossSite = isCrossSite,
    };
}
