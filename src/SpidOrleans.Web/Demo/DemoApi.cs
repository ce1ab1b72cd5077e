using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Mixpanel.Rules;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Browser;
using SpidOrleans.Web.ClientApi;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Intake;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.Demo;

/// <summary><c>/demo</c>: what a site's own back end would do for the visitor whose cookie comes along.</summary>
internal static class DemoApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var demo = routes.MapGroup("/demo").AddEndpointFilter<OwnPage>().ExcludeFromDescription();
        demo.MapPost("/login", LoginAsync);
        demo.MapPost("/logout", LogoutAsync);
        demo.MapPost("/track", TrackAsync);
    }

    private static async Task<IResult> LoginAsync(HttpContext context, ClientRegistry clients, VisitorCookie cookie, BrowserSessions sessions)
    {
        var (body, refusal) = await DemoJson.ReadAsync<DemoLogin>(context);
        if (body is null) return refusal!;
        if (!UserId.TryParse(body.UserId, out var user)) return Problem.Invalid("userId", "must be " + UserId.Rule);
        if (!cookie.TryRead(context.Request, out var visitor)) return NoVisitor();

        var name = body.Registration ? SignIns.RegistrationEvent : SignIns.LoginEvent;
        var result = await sessions.SignInAsync(context, SignIns.Request(Source(clients), user, Event(context, name)));
        if (result.Outcome.ToRefusal() is { } refused) return refused;
        return AnswerJson.Write(LoginAnswer.From(visitor, user, result));
    }

    private static async Task<IResult> LogoutAsync(HttpContext context, ClientRegistry clients, VisitorCookie cookie, BrowserSessions sessions)
    {
        if (!cookie.TryRead(context.Request, out _)) return NoVisitor();
        var result = await sessions.SignOutAsync(context, Source(clients));
        if (result.Outcome.ToRefusal() is { } refused) return refused;
        return AnswerJson.Write(new VisitorAnswer(result.VisitorId.ToString()));
    }

    private static async Task<IResult> TrackAsync(HttpContext context, ClientRegistry clients, VisitorCookie cookie, EventTracker tracker)
    {
        var (body, refusal) = await DemoJson.ReadAsync<DemoTrack>(context);
        if (body is null) return refusal!;
        if (body.Event is null || !EventRules.IsName(body.Event) || body.Event.Contains('\0')) return Problem.Invalid("event", EventRules.NameRule);
        if (!cookie.TryRead(context.Request, out var visitor)) return NoVisitor();

        ImmutableArray<AddressedEvent> events = [new AddressedEvent(visitor, null, Event(context, body.Event))];
        var outcome = await tracker.TrackAsync(Source(clients), events);
        return outcome.ToRefusal() ?? AnswerJson.Write(new TrackReceipt(events.Length), StatusCodes.Status202Accepted);
    }

    private static TrackedEvent Event(HttpContext context, string name)
    {
        var (ip, userAgent) = Person(context);
        return new TrackedEvent { Name = name, Ip = ip, UserAgent = userAgent };
    }

    private static (string? Ip, string? UserAgent) Person(HttpContext context) =>
        (BrowserCall.Ip(context), BrowserCall.UserAgent(context));

    private static EventSource Source(ClientRegistry clients) => clients.Find(Client.DemoId)!.Source;

    private static Problem NoVisitor() =>
        Problem.Unauthorized($"No genuine cookie {VisitorCookie.Name} came along: ask /rpc/hasSession.js for one.");
}
