using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Documentation;

namespace SpidOrleans.Web.Browser;

/// <summary><c>hasSession.js</c>, at the session cluster's path and at the core's. The cluster only looks; where a remembered
/// person could be signed in again it sends the SDK to the core, which does that.</summary>
internal sealed partial class SessionApi(
    IGrainFactory grains, ClientRegistry clients, BrowserSessions sessions, VisitorCookie cookie, SessionAnswer answers, ILogger<SessionApi> logger)
{
    private static readonly IReadOnlyList<QueryNote> Query =
    [
        .. ScriptCall.Query,
        new("autologin", false, "1: sign a remembered person in again. The cluster answers LoginException then, the core does it."),
    ];

    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<SessionApi>();
        Map("/rpc/hasSession.js", "hasSession", api.AnswerAsClusterAsync);
        Map("/ajax/hasSession.js", "coreHasSession", api.AnswerAsCoreAsync);

        void Map(string path, string id, Delegate answer) => routes.MapGet(path, answer).Describe(id,
            "Tells a page its visitor and session",
            "JSONP for the SPiD SDKs 1.x and 2.x and our own. The status is 200 even without a session: the error is inside. "
            + "A page that is not the client's gets no visitor.",
            answerType: "text/javascript", refusals: [400], query: Query);
    }

    private Task AnswerAsClusterAsync(HttpContext context) => AnswerAsync(context, isCore: false);

    private Task AnswerAsCoreAsync(HttpContext context) => AnswerAsync(context, isCore: true);

    private async Task AnswerAsync(HttpContext context, bool isCore)
    {
        if (ScriptCall.ReadCallback(context.Request) is not { } callback)
        {
            await ScriptCall.InvalidCallback().ExecuteAsync(context);
            return;
        }

        var client = CallerCheck.FindTrusted(context.Request, clients);
        var json = client is null ? answers.Anonymous(null) : await DescribeAsync(context, client, isCore);
        await SessionScript.WriteAsync(context, callback, json, client is { AllowCrossSite: true });
    }

    private async Task<ReadOnlyMemory<byte>> DescribeAsync(HttpContext context, Client client, bool isCore)
    {
        var autologin = context.Request.Query["autologin"].ToString();
        try
        {
            var session = await sessions.LookAsync(context, restoreFor: isCore && autologin == "1" ? client.Source : null);
            // 1.x does not ask for it before it is sent to the core.
            if (!isCore && (session.IsTwin || (session.IsRestorable && autologin != "0"))) return answers.AskCore(session);
            if (session.UserId is not { } user) return answers.Anonymous(session);
            return answers.SignedIn(client, session, await ClusterCall.OrUnavailableAsync(() => grains.GetUser(user).GetAccountAsync()));
        }
        catch (ClusterUnavailableException exception)
        {
            LogUnavailable(logger, exception.GetBaseException().GetType().Name);
            return answers.Unavailable(cookie.TryRead(context.Request, out var visitor) ? visitor : (VisitorId?)null);
        }
    }

    [LoggerMessage(EventId = 4101, Level = LogLevel.Warning, Message = "A session could not be looked up ({Reason}); the browser keeps its visitor and asks again")]
    internal static partial void LogUnavailable(ILogger logger, string reason);
}
