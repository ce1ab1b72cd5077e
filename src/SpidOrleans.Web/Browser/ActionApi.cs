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

namespace SpidOrleans.Web.Browser;

/// <summary><c>logout.js</c> and <c>acceptAgreement.js</c>: GET requests that do something, so the browser itself must say
/// that a page of the client sends them.</summary>
internal sealed class ActionApi(
    IGrainFactory grains, ClientRegistry clients, BrowserSessions sessions, SessionAnswer answers, ILogger<SessionApi> logger)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<ActionApi>();
        Map("/ajax/logout.js", "ajaxLogout", "Signs this browser out", "It is a fresh visitor from then on.", api.LogoutAsync);
        Map("/ajax/acceptAgreement.js", "acceptAgreement", "Notes that the signed-in user accepts the client's terms", "", api.AcceptAgreementAsync);

        void Map(string path, string id, string summary, string more, Func<HttpContext, Client, Task<ReadOnlyMemory<byte>>> act) =>
            routes.MapGet(path, (Delegate)((HttpContext context) => api.AnswerAsync(context, act))).Describe(id, summary,
                ("JSONP as hasSession; callback may be empty. Only for pages of the client's on the same site. " + more).TrimEnd(),
                answerType: "text/javascript", refusals: [400], query: ScriptCall.Query);
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
        if (session.UserId is not { } user) return answers.Anonymous(session.VisitorId);
        await ClusterCall.OrUnavailableAsync(() => grains.GetUser(user).AcceptAgreementAsync(client.Id));
        return answers.Done(session.VisitorId);
    }
}
