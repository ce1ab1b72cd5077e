using System.Collections.Concurrent;
using System.Security.Claims;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace SpidOrleans.TestKit.Identity;

/// <summary>A real OpenID Connect provider (OpenIddict) on a port of this machine: code flow with PKCE, codes that work once.</summary>
public sealed class IdentityProvider : IAsyncDisposable
{
    public const string ClientId = "spidorleans-at-provider";
    public const string ClientSecret = "provider-secret-0123456789";

    private const string Scheme = OpenIddictServerAspNetCoreDefaults.AuthenticationScheme;

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<IQueryCollection> _authorizations = [];

    private IdentityProvider(WebApplication app) => _app = app;

    /// <summary>By another host name than that of the hosts under test: to a browser it is another site.</summary>
    public Uri Authority { get; private set; } = null!;

    /// <summary>Who is signed in at the provider, by claims; null: whoever comes is refused.</summary>
    public IReadOnlyDictionary<string, string>? Person { get; set; }

    /// <summary>Shows a page that asks for consent instead of sending the person back at once.</summary>
    public bool AsksFirst { get; set; }

    /// <summary>What becomes of a request; null: it is served.</summary>
    public Func<HttpContext, Task>? Trouble { get; set; }

    /// <summary>The queries of all authorization requests.</summary>
    public IReadOnlyList<IQueryCollection> Authorizations => [.. _authorizations];

    /// <param name="endsSessions">Discovery names an <c>end_session_endpoint</c>.</param>
    public static async Task<IdentityProvider> StartAsync(int port = 0, bool endsSessions = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var database = Guid.NewGuid().ToString();
        builder.Services.AddDbContext<DbContext>(options => options.UseInMemoryDatabase(database).UseOpenIddict());
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Services.AddOpenIddict()
            .AddCore(core => core.UseEntityFrameworkCore().UseDbContext<DbContext>())
            .AddServer(server =>
            {
                server.SetAuthorizationEndpointUris("authorize").SetTokenEndpointUris("token").SetUserInfoEndpointUris("userinfo");
                if (endsSessions) server.SetEndSessionEndpointUris("endsession");
                server.AllowAuthorizationCodeFlow().RequireProofKeyForCodeExchange();
                server.RegisterScopes(Scopes.Profile);
                server.RegisterPromptValues("create", PromptValues.SelectAccount, PromptValues.Login, PromptValues.None, PromptValues.Consent);
                server.AddEphemeralEncryptionKey().AddEphemeralSigningKey();
                server.UseAspNetCore().EnableAuthorizationEndpointPassthrough().EnableUserInfoEndpointPassthrough().EnableEndSessionEndpointPassthrough().DisableTransportSecurityRequirement();
            });
        var app = builder.Build();
        var provider = new IdentityProvider(app);
        app.Use((context, next) => provider.Trouble is { } trouble ? trouble(context) : next(context));
        app.UseRouting();
        app.UseAuthentication();
        app.MapGet("/authorize", (Delegate)provider.Authorize);
        app.MapGet("/userinfo", (Delegate)provider.UserInfoAsync);
        app.MapGet("/endsession", (Delegate)provider.EndSession);
        await app.StartAsync();
        provider.Authority = new UriBuilder(app.Urls.First()) { Host = "localhost" }.Uri;
        await provider.WarmUpAsync();
        return provider;
    }

    /// <summary>Each first request compiles a good part of OpenIddict and Entity Framework; on a busy machine that takes longer than
    /// a host under test waits for a provider.</summary>
    private async Task WarmUpAsync()
    {
        using var http = new HttpClient { BaseAddress = Authority, Timeout = TimeSpan.FromSeconds(100) };
        foreach (var path in new[] { ".well-known/openid-configuration", ".well-known/jwks", "userinfo", "authorize?client_id=nobody&response_type=code&scope=openid" })
            using (await http.GetAsync(new Uri(path, UriKind.Relative))) { }
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code",
            ["client_id"] = "nobody",
            ["code"] = "none",
            ["code_verifier"] = new string('v', 43),
            ["redirect_uri"] = Authority.ToString(),
        });
        using (await http.PostAsync(new Uri("token", UriKind.Relative), form)) { }
    }

    /// <summary>Registers a host under test by its callback; more of them add up.</summary>
    /// <param name="logoutCallback">Where a browser may return to after a logout; null: nowhere.</param>
    public async Task RegisterAsync(Uri callback, Uri? logoutCallback = null)
    {
        using var scope = _app.Services.CreateScope();
        var applications = scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
        if (await applications.FindByClientIdAsync(ClientId) is { } known)
        {
            var registered = new OpenIddictApplicationDescriptor();
            await applications.PopulateAsync(registered, known);
            registered.RedirectUris.Add(callback);
            await applications.UpdateAsync(known, registered);
            return;
        }

        await applications.CreateAsync(new OpenIddictApplicationDescriptor
        {
            ClientId = ClientId,
            ClientSecret = ClientSecret,
            ClientType = ClientTypes.Confidential,
            ConsentType = ConsentTypes.Implicit,
            RedirectUris = { callback },
            Permissions =
            {
                Permissions.Endpoints.Authorization, Permissions.Endpoints.Token, Permissions.Endpoints.EndSession, Permissions.GrantTypes.AuthorizationCode,
                Permissions.ResponseTypes.Code, Permissions.Scopes.Profile,
            },
            PostLogoutRedirectUris = { logoutCallback ?? callback },
            Requirements = { Requirements.Features.ProofKeyForCodeExchange },
        });
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    private IResult Authorize(HttpContext context)
    {
        var query = context.Request.Query;
        _authorizations.Enqueue(query);
        if (AsksFirst && !query.ContainsKey("consent"))
        {
            var here = System.Net.WebUtility.HtmlEncode(context.Request.Path + context.Request.QueryString.ToString());
            return Results.Content(
                $"<!DOCTYPE html><title>Provider</title><a href=\"{here}&amp;consent=yes\">Yes, it is me</a> <a href=\"{here}&amp;consent=no\">No, go back</a>",
                "text/html");
        }

        if (Person is null || query["consent"] == "no")
        {
            return Results.Forbid(
                new AuthenticationProperties(new Dictionary<string, string?> { [OpenIddictServerAspNetCoreConstants.Properties.Error] = Errors.AccessDenied }),
                [Scheme]);
        }

        var identity = new ClaimsIdentity("provider", Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, Person["sub"]);
        identity.SetScopes(context.GetOpenIddictServerRequest()!.GetScopes());
        identity.SetDestinations(_ => [Destinations.AccessToken, Destinations.IdentityToken]);
        return Results.SignIn(new ClaimsPrincipal(identity), null, Scheme);
    }

    /// <summary>Nobody is signed in any more.</summary>
    private IResult EndSession()
    {
        Person = null;
        return Results.SignOut(new AuthenticationProperties { RedirectUri = "/" }, [Scheme]);
    }

    private async Task<IResult> UserInfoAsync(HttpContext context)
    {
        var result = await context.AuthenticateAsync(Scheme);
        return result.Succeeded && Person is { } person ? Results.Json(person) : Results.Challenge(null, [Scheme]);
    }
}
