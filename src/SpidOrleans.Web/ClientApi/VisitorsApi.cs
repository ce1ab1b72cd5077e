using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Documentation;
using SpidOrleans.Web.Intake;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.ClientApi;

/// <summary><c>/v1/visitors</c>.</summary>
internal static class VisitorsApi
{
    internal const string IdRule = "must be a UUID version 4";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/visitors", Mint).Describe("mintVisitor", "Mints a visitor",
            "Costs no write: a visitor that never does anything leaves nothing behind.",
            answer: typeof(VisitorAnswer), answerStatus: StatusCodes.Status201Created, refusals: [401]);
        routes.MapGet("/visitors/{visitorId}", GetAsync).Describe("getVisitor", "Shows a visitor",
            "Any UUID version 4 is a visitor: minted ids are not written down.",
            answer: typeof(VisitorDescriptionAnswer), refusals: [400, 401, 503]);
        routes.MapDelete("/visitors/{visitorId}", EraseAsync).Describe("eraseVisitor", "Erases a visitor",
            "State, traits, pending events and dead letters of the visitor are gone when the answer comes, those among its user's events too; the user "
            + "itself stays. Later events are refused with 403, for ever. Mixpanel is asked to delete the device where the project has a DeletionToken; "
            + "of what it has joined with a user it deletes by the user alone.",
            answer: typeof(ErasureAnswer), answerStatus: StatusCodes.Status202Accepted, refusals: [400, 401, 503]);
        routes.MapPost("/visitors/{visitorId}/login", LoginAsync).Describe("login", "Connects a visitor with a user at login",
            "Pending events of the visitor join the user, followed by the event Login. If the visitor belongs to somebody "
            + "else, rotated is true and visitorId is a new one; the same login again gives the same answer.",
            body: typeof(LoginBody), answer: typeof(LoginAnswer), refusals: [400, 401, 403, 408, 413, 415, 429, 503]);
        routes.MapPost("/visitors/{visitorId}/registration", RegisterAsync).Describe("register", "Connects a visitor with a user at registration",
            "As login, but the event is Signup completed.",
            body: typeof(LoginBody), answer: typeof(LoginAnswer), refusals: [400, 401, 403, 408, 413, 415, 429, 503]);
        routes.MapPost("/visitors/{visitorId}/logout", LogoutAsync).Describe("logout", "Ends the session of a visitor's browser",
            "Answers the fresh anonymous visitor that this browser is from now on; the old one keeps its link for late events.",
            body: typeof(LogoutBody), isBodyRequired: false, answer: typeof(VisitorAnswer), refusals: [400, 401, 408, 413, 415, 429, 503]);
    }

    private static IResult Mint() => AnswerJson.Write(new VisitorAnswer(VisitorId.New().ToString()), StatusCodes.Status201Created);

    private static async Task<IResult> GetAsync(string visitorId, HttpContext context, IGrainFactory grains)
    {
        if (!VisitorId.TryParse(visitorId, out var visitor)) return Problem.Invalid(nameof(visitorId), IdRule);
        var client = context.GetClient();
        var description = await ClusterCall.OrUnavailableAsync(() => grains.GetVisitor(visitor).DescribeAsync(client.Source.Project));
        var traits = await ClusterCall.OrUnavailableAsync(() => grains.GetVisitor(visitor).GetTraitsAsync(client.Id));
        return AnswerJson.Write(
            new VisitorDescriptionAnswer(visitor.ToString(), description.UserId?.ToString(), description.Pending, Traits.From(traits)));
    }

    private static async Task<IResult> EraseAsync(string visitorId, HttpContext context, IGrainFactory grains)
    {
        if (!VisitorId.TryParse(visitorId, out var visitor)) return Problem.Invalid(nameof(visitorId), IdRule);
        return ErasureAnswer.Of(await ClusterCall.OrUnavailableAsync(() => grains.GetVisitor(visitor).EraseAsync()));
    }

    private static Task<IResult> LoginAsync(string visitorId, HttpContext context, SignIns signIns, TimeProvider clock) =>
        ConnectAsync(SignIns.LoginEvent, visitorId, context, signIns, clock);

    private static Task<IResult> RegisterAsync(string visitorId, HttpContext context, SignIns signIns, TimeProvider clock) =>
        ConnectAsync(SignIns.RegistrationEvent, visitorId, context, signIns, clock);

    private static async Task<IResult> ConnectAsync(
        string eventName, string visitorId, HttpContext context, SignIns signIns, TimeProvider clock)
    {
        if (!VisitorId.TryParse(visitorId, out var visitor)) return Problem.Invalid(nameof(visitorId), IdRule);
        var body = await RequestBody.ReadAsync(context);
        if (body.Refusal is not null) return body.Refusal;
        var reading = LoginReader.Read(body.Bytes, clock.GetUtcNow());
        if (!reading.IsValid) return Problem.Invalid(reading.Errors);

        var result = await signIns.LoginAsync(visitor, new LoginRequest
        {
            UserId = reading.UserId,
            Source = context.GetClient().Source,
            Event = reading.ToEvent(eventName),
            Profile = reading.Profile,
            Tracking = reading.Tracking,
            Remember = reading.Remember,
        });
        return result.Outcome.ToRefusal() ?? AnswerJson.Write(LoginAnswer.From(visitor, reading.UserId, result));
    }

    private static async Task<IResult> LogoutAsync(string visitorId, HttpContext context, SignIns signIns)
    {
        if (!VisitorId.TryParse(visitorId, out var visitor)) return Problem.Invalid(nameof(visitorId), IdRule);
        var body = await RequestBody.ReadAsync(context);
        if (body.Refusal is not null) return body.Refusal;
        var reading = LogoutReader.Read(body.Bytes);
        if (!reading.IsValid) return Problem.Invalid(reading.Errors);

        var result = await signIns.LogoutAsync(visitor, new LogoutRequest
        {
            Source = context.GetClient().Source,
            Ip = reading.Ip,
            UserAgent = reading.UserAgent,
        });
        return result.Outcome.ToRefusal() ?? AnswerJson.Write(new VisitorAnswer(result.VisitorId.ToString()));
    }
}
