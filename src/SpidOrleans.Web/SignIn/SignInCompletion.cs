using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Browser;
using SpidOrleans.Web.Intake;

namespace SpidOrleans.Web.SignIn;

/// <summary>The end of every sign-in, whoever has made sure who the person is.</summary>
internal sealed partial class SignInCompletion(
    BrowserSessions sessions, VisitorCookie visitors, SignInTickets tickets, FormGuard forms, TimeProvider clock,
    ILogger<SignInCompletion> logger)
{
    public const string TicketField = "ticket";

    public Task<IResult> CompleteAsync(HttpContext context, FlowRequest flow, UserId user, UserProfile? profile) =>
        CompleteAsync(context, flow, new SignInTicket(
            flow.Kind, flow.ToQuery(), user.ToString(), profile, VisitorId.New().ToString(), Guid.NewGuid().ToString(),
            clock.GetUtcNow().ToUnixTimeMilliseconds(), BrowserCookie.NewKey()));

    /// <summary>
    /// 1. The visitor is the browser's, or a new one.
    /// 2. The cluster links it, appends the login event and starts the session; in doubt the person sends the same again.
    /// 3. The browser gets the visitor that it is now and a secret that nobody had before.
    /// 4. It goes back to the site.
    /// </summary>
    public async Task<IResult> CompleteAsync(HttpContext context, FlowRequest flow, SignInTicket ticket)
    {
        // 1
        if (!UserId.TryParse(ticket.UserId, out var user) || !VisitorId.TryParse(ticket.VisitorId, out var minted))
            throw new InvalidOperationException("a sign-in's ticket holds what was checked before");

        // 2, 3
        LoginResult result;
        try
        {
            result = await sessions.SignInAsync(context, Request(context, flow, ticket, user), ticket.BrowserKey, minted);
        }
        catch (ClusterUnavailableException exception)
        {
            LogUnavailable(logger, exception.GetBaseException().GetType().Name);
            result = new LoginResult { Outcome = TrackOutcome.Unavailable, VisitorId = minted };
        }

        // No further attempt would end otherwise.
        if (result.Outcome == TrackOutcome.Erased) return SignInPages.Erased(flow.CancelUrl);
        if (result.Outcome != TrackOutcome.Stored)
        {
            if (!visitors.TryRead(context.Request, out _)) visitors.Write(context, minted);
            return SignInPages.NotConfirmed(flow.StartUrl, tickets.Write(ticket), forms.Issue(context, flow.Kind.Path()));
        }

        // 4
        return SignInPages.Onward(context.Request, flow.ReturnUrl);
    }

    private static LoginRequest Request(HttpContext context, FlowRequest flow, SignInTicket ticket, UserId user) => new()
    {
        UserId = user,
        Source = flow.Client.Source,
        Event = new TrackedEvent
        {
            Name = flow.Kind == FlowKind.Signup ? SignIns.RegistrationEvent : SignIns.LoginEvent,
            TimeMs = ticket.TimeMs,
            InsertId = ticket.InsertId,
            Ip = BrowserCall.Ip(context),
            UserAgent = BrowserCall.UserAgent(context),
        },
        Profile = ticket.Profile,
        Tracking = flow.Tracking,
    };

    [LoggerMessage(EventId = 4301, Level = LogLevel.Warning, Message = "A sign-in was not confirmed ({Reason}); the person is asked to try again")]
    private static partial void LogUnavailable(ILogger logger, string reason);
}
