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

/// <summary><c>hasSession.js</c>, at the session cluster's path and at the core's.</summary>
internal sealed partial class SessionApi(
    IGrainFactory grains, ClientRegistry clients, VisitorCookie cookie, SessionAnswer answers, ILogger<SessionApi> logger)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<SessionApi>();
        IReadOnlyList<QueryNote> query =
        [
            new("client_id", true, "The page's client."),
            new("redirect_uri", true, "The page's address; its origin must be registered."),
            new("callback", true, "The SDK's callback id."),
        ];
        foreach (var (path, id) in new[] { ("/rpc/hasSession.js", "hasSession"), ("/ajax/hasSession.js", "coreHasSession") })
        {
            routes.MapGet(path, (Delegate)api.AnswerAsync).Describe(id, "Tells a page its visitor and session",
                "JSONP for the SPiD SDKs 1.x and 2.x and our own. The status is 200 even without a session: the error is inside. "
                + "A page that is not the client's gets no visitor.",
                answerType: "text/javascript", refusals: [400], query: query);
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var callback = context.Request.Query["callback"].ToString();
        if (!SessionScript.Callback.IsMatch(callback))
        {
            await Problem.Invalid("callback", "must be 1 to 64 of A-Z, a-z, 0-9, '_' and '$', not beginning with a digit").ExecuteAsync(context);
            return;
        }

        var client = CallerCheck.FindTrusted(context.Request, clients);
        var json = client is null ? answers.Anonymous(null) : await DescribeAsync(context, client);
        SessionScript.WriteHeaders(context.Response.Headers, client is { AllowCrossSite: true });
        var body = SessionScript.Write(callback, json);
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private async Task<ReadOnlyMemory<byte>> DescribeAsync(HttpContext context, Client client)
    {
        if (!cookie.TryRead(context.Request, out var visitor))
        {
            // No grain hears of a browser that may never come back: bots cost nothing.
            var minted = VisitorId.New();
            cookie.Write(context, minted);
            return answers.Anonymous(minted);
        }

        try
        {
            var session = await ClusterCall.OrUnavailableAsync(() => grains.GetVisitor(visitor).GetSessionAsync());
            var profile = session.UserId is { } user ? await ClusterCall.OrUnavailableAsync(() => grains.GetUser(user).GetProfileAsync()) : null;
            cookie.Write(context, session.VisitorId);
            return profile is null
                ? answers.Anonymous(session.VisitorId)
                : answers.SignedIn(client, session, session.UserId!.Value, profile);
        }
        catch (ClusterUnavailableException exception)
        {
            LogUnavailable(logger, exception.GetBaseException().GetType().Name);
            return answers.Unavailable(visitor);
        }
    }

    [LoggerMessage(EventId = 4101, Level = LogLevel.Warning, Message = "A session could not be looked up ({Reason}); the browser keeps its visitor and asks again")]
    private static partial void LogUnavailable(ILogger logger, string reason);
}
