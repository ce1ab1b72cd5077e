using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Browser;
using SpidOrleans.Web.ClientApi;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Demo;
using SpidOrleans.Web.Documentation;
using SpidOrleans.Web.Entitlements;
using SpidOrleans.Web.Health;
using SpidOrleans.Web.Ingestion;
using SpidOrleans.Web.Intake;
using SpidOrleans.Web.OAuth;
using SpidOrleans.Web.Operators;
using SpidOrleans.Web.Rest;
using SpidOrleans.Web.SignIn;
using SpidOrleans.Web.Telemetry;

namespace SpidOrleans.Web;

/// <summary>The HTTP side: what it needs, and what it serves in the order in which a request meets it.</summary>
public static class WebRegistration
{
    /// <summary>What <see cref="MapSpidFacade"/> needs.</summary>
    public static IServiceCollection AddSpidFacade(this IServiceCollection services, SpidSettings settings)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(settings);
        services.AddSingleton<ClientRegistry>();
        services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = settings.Limits.RequestBytes);

        services.AddClientSchemes();
        services.AddSingleton<Refusals>();
        services.AddOperators();
        services.AddSingleton<EventRate>();
        services.AddSingleton<ClientGate>();
        services.TryAddSingleton(provider => new MemoryPressure(provider.GetRequiredService<TimeProvider>()));
        services.AddRateLimiter(limiter => limiter.AddPolicy<int, BrowserRate>(BrowserRate.Name));
        services.TryAddSingleton(_ => new BodyBudget(BodyBudget.BytesMaxDefault));
        services.AddSingleton<BodyDeadline>();
        services.AddSingleton<BodyLimits>();

        services.AddMetrics();
        services.AddSingleton<ClientMetrics>();
        services.AddSingleton<AddressPrivacy>();
        services.AddSingleton<EventTracker>();
        services.AddSingleton<SignIns>();
        services.AddSingleton<EventsApi>();
        services.AddSingleton<TokenApi>();
        services.AddSingleton<RestCaller>();
        services.AddSingleton<TraitsApi>();
        services.AddSingleton<Senders>();
        services.AddSingleton<AddressBook>();
        services.AddSingleton<EventIngestion>();
        services.AddSingleton<ProfileIngestion>();
        services.AddSingleton<IngestionApi>();

        services.AddHostedService<DemoNotice>();
        services.AddApiDocumentation();
        services.AddReadiness();
        return services;
    }

    /// <summary>What <see cref="MapSpidWeb"/> needs.</summary>
    public static IServiceCollection AddSpidWeb(this IServiceCollection services, SpidSettings settings)
    {
        services.AddSpidFacade(settings);

        services.AddSingleton<EmbeddedAssets>();
        services.AddSingleton<SessionKeys>();
        services.AddHostedService(provider => provider.GetRequiredService<SessionKeys>());
        services.AddSingleton<VisitorCookie>();
        services.AddSingleton<BrowserSessions>();
        services.AddSingleton<SpId>();
        services.AddSingleton<SessionAnswer>();
        services.TryAddSingleton<IEntitlements, ConfiguredEntitlements>();
        services.AddSingleton<SessionApi>();
        services.AddSingleton<ProductApi>();
        services.AddSingleton<ActionApi>();
        services.AddSingleton<SessionServiceApi>();
        services.AddSingleton<ProductServiceApi>();
        services.AddSingleton<FormerVisitors>();
        services.AddSingleton<CollectApi>();
        services.AddSignIn(settings);
        services.AddSingleton<PreviewApi>();
        services.AddConsole();
        return services;
    }

    /// <summary>What both hosts serve: everything for client back ends, and for whoever runs and reads about the host.</summary>
    public static WebApplication MapSpidFacade(this WebApplication app)
    {
        Forwarding.Use(app);
        app.UseMiddleware<FailureAnswers>();
        app.Use(SecurityHeaders.AddAsync);
        ClusterGate.Use(app);
        MemoryPressure.Use(app);
        EventsApi.UseShortcut(app);
        app.UseStatusCodePages(context => Problem.Of(context.HttpContext.Response.StatusCode).ExecuteAsync(context.HttpContext));
        app.Use(UserPath.RewriteAsync);
        app.UseRouting();
        app.UseRateLimiter();
        app.UseAuthentication();
        app.UseAuthorization();
        app.Use(app.Services.GetRequiredService<ClientGate>().InvokeAsync);

        var clientApi = app.MapGroup("/v1").RequireAuthorization().WithTags("Client back ends");
        EventsApi.Map(clientApi);
        VisitorsApi.Map(clientApi);
        UsersApi.Map(clientApi);
        ConsentApi.Map(clientApi);
        ExportApi.Map(clientApi);
        DeadLettersApi.Map(clientApi);
        TraitsApi.Map(app.MapGroup("/api/2").WithTags("Client back ends"));
        TokenApi.Map(app.MapGroup("/oauth").WithTags("Client back ends"));

        IngestionApi.Map(app.MapGroup("").WithTags("Mixpanel's clients"));

        HealthApi.Map(app.MapGroup("/health").WithTags("Health"));
        MetricsApi.Map(app.MapGroup("").WithTags("Operators"));
        ApiDocumentation.Map(app);
        return app;
    }

    /// <summary>What a silo serves: the facade's part and everything for browsers.</summary>
    public static WebApplication MapSpidWeb(this WebApplication app)
    {
        app.MapSpidFacade();

        var browsers = app.MapGroup("").WithTags("Browsers");
        SdkFiles.Map(browsers);
        SignInRegistration.MapSignIn(browsers.MapGroup("").LimitRate());
        CollectApi.Map(browsers.MapGroup("").LimitRate(BrowserRefusals.OfCollectAsync));
        var scripts = browsers.MapGroup("").LimitRate(BrowserRefusals.OfScriptAsync);
        SessionApi.Map(scripts);
        ProductApi.Map(scripts);
        ActionApi.Map(scripts);
        var sessionService = browsers.MapGroup("").LimitRate(BrowserRefusals.OfServiceAsync);
        SessionServiceApi.Map(sessionService);
        ProductServiceApi.Map(sessionService);
        ConsoleApi.Map(app);

        if (app.Services.GetRequiredService<SpidSettings>().HasDemoClient)
        {
            DemoPage.Map(app);
            DemoApi.Map(app);
            PreviewApi.Map(app);
        }

        return app;
    }
}
