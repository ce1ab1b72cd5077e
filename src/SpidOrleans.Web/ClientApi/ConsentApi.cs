using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Documentation;
using SpidOrleans.Web.Intake;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.ClientApi;

/// <summary>Whether a person wants to be tracked, as a client's back end has learnt it.</summary>
internal static class ConsentApi
{
    private const string Effect =
        "false: what waits for Mixpanel and the dead letters are discarded, in every project, and later events are answered as accepted without "
        + "being counted or stored. true: what is held for want of a decision (Privacy:Consent=Undecided) is released, in order and before anything later. ";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPut("/visitors/{visitorId}/consent", PutVisitorAsync).Describe("putVisitorConsent", "Takes a visitor's consent, or refusal",
            Effect + "A linked visitor's is its user's too. A visitor's decision becomes its user's at the login: the stricter of the two holds.",
            body: typeof(ConsentBody), answer: typeof(ConsentAnswer), refusals: [400, 401, 403, 408, 413, 415, 503]);
        routes.MapPut("/users/{userId}/consent", PutUserAsync).Describe("putUserConsent", "Takes a user's consent, or refusal",
            Effect + "It holds for all of the user's visitors. true takes back the user's refusal; one of a visitor stays with that browser.",
            body: typeof(ConsentBody), answer: typeof(ConsentAnswer), refusals: [400, 401, 403, 408, 413, 415, 503]);
    }

    private static Task<IResult> PutVisitorAsync(string visitorId, HttpContext context, IGrainFactory grains) =>
        VisitorId.TryParse(visitorId, out var visitor)
            ? PutAsync(context, tracking => grains.GetVisitor(visitor).SetConsentAsync(tracking))
            : Task.FromResult<IResult>(Problem.Invalid(nameof(visitorId), VisitorsApi.IdRule));

    private static Task<IResult> PutUserAsync(HttpContext context, IGrainFactory grains) =>
        context.Features.Get<UserAddress>()?.UserId is { } user
            ? PutAsync(context, tracking => grains.GetUser(user).SetConsentAsync(tracking))
            : Task.FromResult<IResult>(Problem.Invalid("userId", "must be " + UserId.Rule));

    private static async Task<IResult> PutAsync(HttpContext context, Func<bool, Task<TrackOutcome>> set)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Refusal is not null) return body.Refusal;
        var tracking = ConsentReader.Read(body.Bytes, out var errors);
        if (errors is not null) return Problem.Invalid(errors);
        var outcome = await ClusterCall.OrUnavailableAsync(() => set(tracking));
        return outcome.ToRefusal() ?? AnswerJson.Write(new ConsentAnswer(tracking));
    }
}
