using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Documentation;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.Browser;

/// <summary><c>logout.js</c>, <c>acceptAgreement.js</c> and <c>traits.js</c>: GET requests that do something, so the browser itself must say
/// that a page of the client sends them.</summary>
internal sealed class ActionApi(
    IGrainFactory grains, ClientRegistry clients, BrowserSessions sessions, SessionAnswer answers, TimeProvider clock,
    ILogger<SessionApi> logger)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<ActionApi>();
        Map("/ajax/logout.js", "ajaxLogout", "Signs this browser out", "It is a fresh visitor from then on.", api.LogoutAsync);
        Map("/ajax/acceptAgreement.js", "acceptAgreement", "Notes that the signed-in user accepts the client's terms", "", api.AcceptAgreementAsync);
        Map("/ajax/traits.js", "setTraits", "Sets signed traits of the signed-in user, or else of the visitor",
            "The client's back end signs them with its SignSecret; good for an hour around their t. A visitor's become the user's at login. "
            + "Without a visitor's cookie nothing is stored, and the error says so: ask hasSession first.",
            api.SetTraitsAsync, new QueryNote("t", true, "base64url(HMAC-SHA256(SignSecret, P)).P, P being base64url of the traits in JSON with t, the Unix time in seconds. The whole address has 8 KB at most, so that P has some 7,000 characters."));

        void Map(
            string path, string id, string summary, string more, Func<HttpContext, Client, Task<ReadOnlyMemory<byte>>> act, params IReadOnlyList<QueryNote> query) =>
            routes.MapGet(path, (Delegate)((HttpContext context) => api.AnswerAsync(context, act))).Describe(id, summary,
                ("JSONP as hasSession; callback may be empty. Only for pages of the client's on the same site. " + more).TrimEnd(),
                answerType: "text/javascript", refusals: [400], query: [.. query, .. ScriptCall.Query]);
    }

    private async Task AnswerAsync(HttpContext context, Func<HttpContext, Client, Task<ReadOnlyMemory<byte>>> act)
    {
        if (ScriptCall.ReadCallback(context.Request, mayBeEmpty: true) is not { } callback)
        {
            await ScriptCall.InvalidCallback().ExecuteAsync(context);
            return;
        }

        var client = CallerCheck.FindActing(context.Request, clients);
        await SessionScript.WriteAsync(context, callback, client is null ? answers.Forbidden() : await TryAsync(context, client, act));
    }

    private async Task<ReadOnlyMemory<byte>> TryAsync(HttpContext context, Client client, Func<HttpContext, Client, Task<ReadOnlyMemory<byte>>> act)
    {
        try
        {
            return await act(context, client);
        }
        catch (ClusterUnavailableException exception)
        {
            SessionApi.LogUnavailable(logger, exception.GetBaseException().GetType().Name);
            return answers.Unavailable(null);
        }
    }

    private async Task<ReadOnlyMemory<byte>> LogoutAsync(HttpContext context, Client client)
    {
        var result = await sessions.SignOutAsync(context, client.Source);
        return result.Outcome == TrackOutcome.Stored ? answers.Done(result.VisitorId) : answers.Unavailable(null);
    }

    private async Task<ReadOnlyMemory<byte>> AcceptAgreementAsync(HttpContext context, Client client)
    {
        var session = await sessions.LookAsync(context);
        if (session.UserId is not { } user) return answers.Anonymous(session);
        await ClusterCall.OrUnavailableAsync(() => grains.GetUser(user).AcceptAgreementAsync(client.Id));
        return answers.Done(session.VisitorId);
    }

    private async Task<ReadOnlyMemory<byte>> SetTraitsAsync(HttpContext context, Client client)
    {
        var traits = SignedTraits.Read(client, context.Request.Query["t"], clock.GetUtcNow(), out var fault);
        if (fault is not null) return answers.Invalid(fault);
        var session = await sessions.LookAsync(context);
        if (!session.IsRecognised) return answers.Invalid("This cookie is an old copy: ask hasSession who is there, then try again.");
        // Whoever has come by one signature could else have a row written with every request.
        if (session.IsNew) return answers.NotKept(session.VisitorId);
        if (traits.IsEmpty) return answers.Done(session.VisitorId);

        var result = await ClusterCall.OrUnavailableAsync(() => session.UserId is { } user
            ? grains.GetUser(user).SetTraitsAsync(client.Source, traits, isTrusted: false)
            : grains.GetVisitor(session.VisitorId).SetTraitsAsync(client.Source, traits));
        return result.Outcome != TrackOutcome.Stored ? answers.Unavailable(null)
            : result.IsTooMuch ? answers.Invalid(TraitsReader.TooMuchRule)
            : answers.Done(session.VisitorId);
    }
}
