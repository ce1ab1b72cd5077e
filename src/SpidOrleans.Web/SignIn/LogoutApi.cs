using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Browser;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Documentation;

namespace SpidOrleans.Web.SignIn;

/// <summary><c>/logout</c>: ends the session, whoever began it, retires the visitor and returns to the site.</summary>
internal sealed partial class LogoutApi(
    ClientRegistry clients, BrowserSessions sessions, FormGuard forms, ISignInMethod method, ILogger<LogoutApi> logger)
{
    private static readonly string Path = FlowKind.Logout.Path();

    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<LogoutApi>();
        routes.MapGet(Path, (Delegate)api.StartAsync).Describe("logoutBrowser", "Signs the browser out and returns to the site",
            "For a browser to go to. The session ends, the visitor's id is retired and the browser returns to redirect_uri as a new visitor, "
            + "by way of the identity provider where that ends its session too (Identity:EndProviderSession). "
            + "Whoever does not come from a page of the client is asked first. An address that is not registered character by character is "
            + "answered by a page (400), never by a redirect.",
            answerStatus: StatusCodes.Status302Found, answerType: null, refusals: [403], query: FlowQuery.Of(FlowKind.Logout));
        routes.MapPost(Path, (Delegate)api.SubmitAsync).ExcludeFromDescription();
    }

    private async Task<IResult> StartAsync(HttpContext context)
    {
        if (TopLevelNavigation.Refuse(context.Request) is { } refusal) return refusal;
        if (!FlowRequest.TryRead(context.Request.Query, FlowKind.Logout, clients, out var flow, out var fault)) return SignInPages.Refused(fault);
        return IsAskedBySite(context.Request, flow.Client) ? await LogoutAsync(context, flow) : Ask(context, flow);
    }

    private async Task<IResult> SubmitAsync(HttpContext context)
    {
        if (!FlowRequest.TryRead(context.Request.Query, FlowKind.Logout, clients, out var flow, out var fault)) return SignInPages.Refused(fault);
        var (form, refusal) = await SmallForms.ReadAsync(context);
        if (form is null) return refusal!;
        return forms.IsGenuine(context, Path, form[FormGuard.Field]) ? await LogoutAsync(context, flow) : Ask(context, flow);
    }

    /// <summary>Any page of the web can send a browser here. Without asking we believe only what the browser itself says of the
    /// page that it comes from.</summary>
    private bool IsAskedBySite(HttpRequest request, Client client) =>
        WebOrigin.TryOf(request.Headers.Referer.ToString(), out var origin) && clients.Owns(client, origin)
        && request.Headers["Sec-Fetch-Site"].ToString() switch
        {
            "" or "same-origin" or "same-site" => true,
            "cross-site" => client.AllowCrossSite,
            _ => false,
        };

    private async Task<IResult> LogoutAsync(HttpContext context, FlowRequest flow)
    {
        try
        {
            var result = await sessions.SignOutAsync(context, flow.Client.Source);
            if (result.Outcome != TrackOutcome.Stored) return Ask(context, flow, isRepeated: true);
        }
        catch (ClusterUnavailableException exception)
        {
            LogUnavailable(logger, exception.GetBaseException().GetType().Name);
            return Ask(context, flow, isRepeated: true);
        }

        return SignInPages.Onward(context.Request, await method.FindLogoutAsync(context, flow) ?? flow.ReturnUrl);
    }

    private SignInPage Ask(HttpContext context, FlowRequest flow, bool isRepeated = false) =>
        SignInPages.AskLogout(flow, forms.Issue(context, Path), isRepeated);

    [LoggerMessage(EventId = 4302, Level = LogLevel.Warning, Message = "A logout was not confirmed ({Reason}); the person is asked to try again")]
    private static partial void LogUnavailable(ILogger logger, string reason);
}
