using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Documentation;
using SpidOrleans.Web.Entitlements;
using SpidOrleans.Web.SignIn;

namespace SpidOrleans.Web.Browser;

/// <summary>The session service of account-sdk-browser: <c>/session</c> for version 4, <c>/v2/session</c> for version 5,
/// <c>/hasAccess/{ids}</c>, and the page that version 5 visits to have a session started again.</summary>
internal sealed class SessionServiceApi(
    IGrainFactory grains, ClientRegistry clients, BrowserSessions sessions, IEntitlements entitlements, SessionAnswer answers)
{
    private const string RefreshPath = "session/refresh";

    /// <summary>Ids in one question: each may cost a look-up elsewhere.</summary>
    private const int AccessIdsMax = 50;

    /// <summary>The first version that can be sent to <see cref="RefreshPath"/>.</summary>
    private const int RefreshingVersion = 5;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<SessionServiceApi>();
        IReadOnlyList<QueryNote> query =
        [
            new("client_sdrn", true, "sdrn:{environment}:client:{client_id}."),
            new("redirect_uri", false, "Where the page wants to be after a visit of session/refresh: registered, to the letter."),
            new("sdk_version", false, "Of account-sdk-browser: from 5 on, the answer may be redirectURL alone."),
        ];
        foreach (var (path, id) in new[] { ("/session", "session"), ("/v2/session", "sessionV2") })
        {
            routes.MapGet(path, (Delegate)api.SessionAsync).Describe(id, "Tells account-sdk-browser its visitor and session",
                "CORS with credentials, for registered origins. Nobody signed in: 200 with visitor and without result.",
                refusals: [403, 503], query: query);
        }

        routes.MapGet("/hasAccess/{ids}", (Delegate)api.HasAccessAsync).Describe("hasAccess", "Tells which of these products the user has",
            "Ids are separated by commas, 50 at most.", refusals: [400, 401, 403, 503], query: [query[0]]);
        routes.MapGet("/" + RefreshPath, (Delegate)api.RefreshAsync).Describe("refreshSession", "Starts a remembered person's session again",
            "A page to visit: it goes on to redirect_uri.", answerStatus: StatusCodes.Status302Found, answerType: null, refusals: [400, 403, 503], query: query);
    }

    private async Task SessionAsync(HttpContext context)
    {
        if (await ServiceCall.AdmitAsync(context, clients) is not { } client) return;
        if (!CallerCheck.IsNear(context.Request, client))
        {
            await ServiceCall.WriteAsync(context, answers.WithoutResult(null));
            return;
        }

        var isSent = CanBeSent(context.Request, client);
        var session = await sessions.LookAsync(context, restoreFor: isSent ? null : client.Source);
        await ServiceCall.WriteAsync(context, session switch
        {
            { IsRestorable: true } => SessionAnswer.Refresh(RefreshPath),
            { UserId: { } user } => answers.SignedIn(client, session, await AccountAsync(user)),
            _ => answers.WithoutResult(session),
        });
    }

    private async Task HasAccessAsync(HttpContext context)
    {
        if (await ServiceCall.AdmitAsync(context, clients) is not { } client) return;
        var ids = (context.Request.RouteValues["ids"]?.ToString() ?? "").Split(',');
        if (ids.Length > AccessIdsMax || !ids.All(ProductSettings.IdPattern.IsMatch))
        {
            await Problem.Invalid("ids", $"must be 1 to {AccessIdsMax} ids with commas between, each {ProductSettings.IdRule}").ExecuteAsync(context);
            return;
        }

        if (!CallerCheck.IsNear(context.Request, client) || (await sessions.LookAsync(context)).UserId is not { } user)
        {
            await Problem.Unauthorized("Nobody is signed in.").ExecuteAsync(context);
            return;
        }

        var granted = new List<string>();
        foreach (var id in ids)
        {
            if ((await entitlements.FindAsync(client, user, id, context.RequestAborted)).HasProduct) granted.Add(id);
        }

        await ServiceCall.WriteAsync(context, answers.Access(client, user, granted));
    }

    private async Task RefreshAsync(HttpContext context)
    {
        var request = context.Request;
        var target = request.Query["redirect_uri"].ToString();
        context.Response.Headers.CacheControl = "private, no-store";
        if (clients.Find(CallerCheck.ClientIdOf(request.Query["client_sdrn"])) is not { } client || !CallerCheck.MayRedirect(client, target, clients))
        {
            await Problem.Invalid("redirect_uri", "must be registered for the client, to the letter").ExecuteAsync(context);
            return;
        }

        // No image, frame or prefetch may start a session.
        if (TopLevelNavigation.Refuse(request) is { } refusal)
        {
            await refusal.ExecuteAsync(context);
            return;
        }

        await sessions.LookAsync(context, restoreFor: client.Source);
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Redirect(new Uri(target).AbsoluteUri);
    }

    private bool CanBeSent(HttpRequest request, Client client) =>
        int.TryParse(request.Query["sdk_version"].ToString().Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
        && version >= RefreshingVersion
        && CallerCheck.MayRedirect(client, request.Query["redirect_uri"].ToString(), clients);

    private Task<UserAccount> AccountAsync(UserId user) => ClusterCall.OrUnavailableAsync(() => grains.GetUser(user).GetAccountAsync());
}
