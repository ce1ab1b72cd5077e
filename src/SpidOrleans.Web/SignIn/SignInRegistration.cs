using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Documentation;

namespace SpidOrleans.Web.SignIn;

/// <summary>Sign-in in a browser: what it needs and what it serves.</summary>
internal static class SignInRegistration
{
    /// <summary>One request to the provider. A sign-in needs up to three, one after the other.</summary>
    private static readonly TimeSpan ProviderTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Of what the provider answers; discovery documents have some 5 KB.</summary>
    private const int ProviderAnswerBytesMax = 1 << 20;

    /// <summary>How long a person may take at the provider.</summary>
    private static readonly TimeSpan ProviderVisit = TimeSpan.FromMinutes(30);

    public static IServiceCollection AddSignIn(this IServiceCollection services, SpidSettings settings)
    {
        services.AddSingleton<SignInKeys>();
        services.AddHostedService(provider => provider.GetRequiredService<SignInKeys>());
        services.AddSingleton<IDataProtectionProvider, ClusterDataProtection>();
        services.AddSingleton<FormGuard>();
        services.AddSingleton<SignInTickets>();
        services.AddSingleton<SignInCompletion>();
        services.AddSingleton<FlowEvents>();
        services.AddSingleton<FlowApi>();
        services.AddSingleton<LogoutApi>();
        services.AddHostedService<DevelopmentNotice>();

        if (settings.Identity is { } identity) services.AddSingleton<ISignInMethod, ProviderSignIn>().AddProvider(identity);
        else if (settings.HasDevelopmentSignIn) services.AddSingleton<ISignInMethod, DevelopmentSignIn>();
        else services.AddSingleton<ISignInMethod, NoSignIn>();
        return services;
    }

    public static void MapSignIn(IEndpointRouteBuilder routes)
    {
        FlowApi.Map(routes);
        LogoutApi.Map(routes);
        // The provider's handler answers before any endpoint does; what arrives here is none of its business.
        routes.MapGet(ProviderHandler.CallbackPath, (Delegate)(() => NoSignIn.NotConfigured)).Describe("signInCallback",
            "Takes the identity provider's answer", "For browsers that return from the provider. Register this address there.",
            answerStatus: StatusCodes.Status302Found, answerType: null, refusals: [501]);
        if (routes.ServiceProvider.GetRequiredService<SpidSettings>().Identity is not { EndsProviderSession: true }) return;
        routes.MapGet(ProviderHandler.LogoutCallbackPath, (Delegate)(() => NoSignIn.NotConfigured)).Describe("signOutCallback",
            "Takes a browser that the provider has signed out", "It goes on to the redirect_uri that /logout was asked with. Register this address there.",
            answerStatus: StatusCodes.Status302Found, answerType: null, refusals: [400]);
    }

    // Not AddOpenIdConnect alone: it goes with AddAuthentication, which brings the machine's own key ring along.
    private static void AddProvider(this IServiceCollection services, IdentitySettings identity)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<OpenIdConnectOptions>, OpenIdConnectPostConfigureOptions>());
        services.AddOptions<OpenIdConnectOptions>(ProviderHandler.Name)
            .PostConfigure<TimeProvider>((options, clock) => options.ConfigurationManager = new ProviderConfiguration(options.ConfigurationManager!, clock));
        new AuthenticationBuilder(services).AddRemoteScheme<OpenIdConnectOptions, ProviderHandler>(ProviderHandler.Name, null, options =>
        {
            options.Authority = identity.Authority.ToString();
            options.ClientId = identity.ClientId;
            options.ClientSecret = identity.ClientSecret;
            options.RequireHttpsMetadata = identity.Authority.Scheme == Uri.UriSchemeHttps;

            options.ResponseType = OpenIdConnectResponseType.Code;
            options.ResponseMode = OpenIdConnectResponseMode.Query;
            options.UsePkce = true;
            options.Scope.Clear();
            options.Scope.Add("openid");
            options.Scope.Add("profile");
            options.CallbackPath = ProviderHandler.CallbackPath;
            options.SignedOutCallbackPath = identity.EndsProviderSession ? ProviderHandler.LogoutCallbackPath : default;
            options.RemoteSignOutPath = default;
            // What proves the session is the cluster's: the handler itself signs nobody in.
            options.SignInScheme = BasicAuthentication.Name;

            options.MapInboundClaims = false;
            options.GetClaimsFromUserInfoEndpoint = true;
            foreach (var claim in new[] { "birthdate", "gender", "locale" }) options.ClaimActions.MapUniqueJsonKey(claim, claim);

            options.BackchannelTimeout = ProviderTimeout;
            options.RemoteAuthenticationTimeout = ProviderVisit;
            options.ProtocolValidator.NonceLifetime = ProviderVisit;
            options.CorrelationCookie = new ProviderCookieBuilder("SPID_OIDC.");
            options.NonceCookie = new ProviderCookieBuilder("SPID_OIDC_NONCE.");
            options.DisableTelemetry = true;
            options.Events = ProviderSignIn.Events;
        });
        services.AddOptions<OpenIdConnectOptions>(ProviderHandler.Name)
            .PostConfigure(options => options.Backchannel.MaxResponseContentBufferSize = ProviderAnswerBytesMax);
    }
}
