using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.SignIn;

/// <summary>
/// Signing in at an OpenID Connect provider: code flow with PKCE, state and nonce. The flow travels in the state, encrypted, so that
/// any silo can go on where another has begun.
/// </summary>
internal sealed partial class ProviderSignIn(
    SpidSettings settings, ClientRegistry clients, SignInCompletion completion, FlowEvents events, TimeProvider clock, ILogger<ProviderSignIn> logger)
    : ISignInMethod
{
    private const string FlowItem = "flow";
    private const string KindItem = "kind";

    public async Task<IResult> StartAsync(HttpContext context, FlowRequest flow)
    {
        var properties = new AuthenticationProperties(new Dictionary<string, string?> { [FlowItem] = flow.ToQuery(), [KindItem] = flow.Kind.ToString() })
        {
            // Nobody goes there; else the handler would carry this request's whole address along.
            RedirectUri = "/",
        };
        try
        {
            await context.ChallengeAsync(ProviderHandler.Name, properties);
            context.Response.Headers.CacheControl = "no-store";
            return Results.Empty;
        }
        catch (Exception exception) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            LogFailed(logger, "the way to it", exception.GetBaseException().GetType().Name);
            return SignInPages.ProviderAway(flow.StartUrl);
        }
    }

    /// <summary>The provider asks the person, or knows us by our id: the token that would prove the session is not kept anywhere.</summary>
    public async Task<string?> FindLogoutAsync(HttpContext context, FlowRequest flow)
    {
        if (settings.Identity is not { EndsProviderSession: true }) return null;
        var properties = new AuthenticationProperties(new Dictionary<string, string?> { [FlowItem] = flow.ToQuery(), [KindItem] = flow.Kind.ToString() })
        {
            RedirectUri = "/",
        };
        try
        {
            await context.SignOutAsync(ProviderHandler.Name, properties);
        }
        catch (Exception exception) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            // Signed out here all the same.
            LogFailed(logger, "the logout there", exception.GetBaseException().GetType().Name);
            return null;
        }

        // Taken back from the answer: after a form a page leads there, not a redirect.
        var url = context.Response.Headers.Location.ToString();
        context.Response.Headers.Remove(HeaderNames.Location);
        context.Response.StatusCode = StatusCodes.Status200OK;
        return url.Length == 0 ? null : url;
    }

    public static OpenIdConnectEvents Events { get; } = new()
    {
        OnRedirectToIdentityProvider = PrepareAsync,
        OnRedirectToIdentityProviderForSignOut = PrepareLogoutAsync,
        OnSignedOutCallbackRedirect = async returned =>
        {
            returned.HandleResponse();
            IResult answer = Of(returned.HttpContext).TryFindFlow(returned.Properties, out var flow) && flow.Kind == FlowKind.Logout
                ? new Onward(flow.ReturnUrl)
                : SignInPages.Expired(null);
            await answer.ExecuteAsync(returned.HttpContext);
        },
        OnTicketReceived = async received => await Of(received.HttpContext).EndAsync(received),
        OnAccessDenied = async denied =>
        {
            if (!Of(denied.HttpContext).TryFindFlow(denied.Properties, out var flow)) return;
            denied.HandleResponse();
            await new Onward(flow.CancelUrl).ExecuteAsync(denied.HttpContext);
        },
        OnRemoteFailure = async failed =>
        {
            failed.HandleResponse();
            await (await Of(failed.HttpContext).ExplainAsync(failed)).ExecuteAsync(failed.HttpContext);
        },
    };

    private static ProviderSignIn Of(HttpContext context) => (ProviderSignIn)context.RequestServices.GetRequiredService<ISignInMethod>();

    private static async Task PrepareAsync(RedirectContext redirect)
    {
        var message = redirect.ProtocolMessage;
        message.RedirectUri = OwnCookies.Origin(redirect.Request) + ProviderHandler.CallbackPath;

        // create is how a provider is asked for a registration; select_account keeps the next person at a shared computer from
        // being signed in as the last one.
        var prompt = redirect.Properties.Items[KindItem] == nameof(FlowKind.Signup) ? "create" : "select_account";
        var configuration = await redirect.Options.ConfigurationManager!.GetConfigurationAsync(redirect.HttpContext.RequestAborted);
        if (configuration.PromptValuesSupported is not { Count: > 0 } supported || supported.Contains(prompt)) message.Prompt = prompt;
    }

    private static Task PrepareLogoutAsync(RedirectContext redirect)
    {
        var message = redirect.ProtocolMessage;
        // The provider has no such address: signing out here is all there is.
        if (string.IsNullOrEmpty(message.IssuerAddress)) redirect.HandleResponse();
        message.ClientId = redirect.Options.ClientId;
        message.PostLogoutRedirectUri = OwnCookies.Origin(redirect.Request) + ProviderHandler.LogoutCallbackPath;
        return Task.CompletedTask;
    }

    private async Task EndAsync(TicketReceivedContext received)
    {
        received.HandleResponse();
        var context = received.HttpContext;
        if (!TryFindFlow(received.Properties, out var flow))
        {
            await SignInPages.Expired(null).ExecuteAsync(context);
            return;
        }

        if (received.Principal is not { } person || !UserId.TryParse(person.FindFirst("sub")?.Value, out var user))
        {
            LogFailed(logger, "its answer", "the subject is no user id");
            await events.FailedAsync(context, flow);
            await SignInPages.ProviderFailed(flow.StartUrl).ExecuteAsync(context);
            return;
        }

        var result = await completion.CompleteAsync(context, flow, user, ProviderProfile.Read(person, clock.GetUtcNow()));
        await result.ExecuteAsync(context);
    }

    private async Task<SignInPage> ExplainAsync(RemoteFailureContext failed)
    {
        var startUrl = TryFindFlow(failed.Properties, out var flow) ? flow.StartUrl : null;
        // A state that is not ours or another browser's, a callback that was used: the provider has nothing to do with it.
        if (failed.Failure is null or AuthenticationFailureException) return SignInPages.Expired(startUrl);

        LogFailed(logger, "its answer", failed.Failure.GetBaseException().GetType().Name);
        if (flow is not null) await events.FailedAsync(failed.HttpContext, flow);
        return IsAbsence(failed.Failure) && startUrl is not null ? SignInPages.ProviderAway(startUrl) : SignInPages.ProviderFailed(startUrl);
    }

    private static bool IsAbsence(Exception? exception) => exception is not null
        && (exception is HttpRequestException or SocketException or IOException or OperationCanceledException or TimeoutException || IsAbsence(exception.InnerException));

    private bool TryFindFlow(AuthenticationProperties? properties, [NotNullWhen(true)] out FlowRequest? flow)
    {
        flow = null;
        return properties?.Items is { } items && items.TryGetValue(FlowItem, out var query) && items.TryGetValue(KindItem, out var kind)
            && Enum.TryParse<FlowKind>(kind, out var parsed) && FlowRequest.TryParse(query, parsed, clients, out flow);
    }

    [LoggerMessage(EventId = 4303, Level = LogLevel.Warning, Message = "The identity provider failed at {Step} ({Reason}); the person is asked to try again")]
    private static partial void LogFailed(ILogger logger, string step, string reason);
}
