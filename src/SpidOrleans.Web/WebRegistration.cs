using Microsoft.AspNetCore.Authentication;
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
using SpidOrleans.Web.Health;
using SpidOrleans.Web.Intake;

namespace SpidOrleans.Web;

/// <summary>The HTTP side: what it needs, and what it serves in the order in which a request meets it.</summary>
public static class WebRegistration
{
    public static IServiceCollection AddSpidWeb(this IServiceCollection services, SpidSettings settings)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(settings);
        services.AddSingleton<ClientRegistry>();
        services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = settings.Limits.RequestBytes);

        // Not AddAuthentication: it brings data protection along, which writes keys that nobody here needs.
        services.AddAuthenticationCore(authentication => authentication.DefaultScheme = BasicAuthentication.Name);
        services.AddWebEncoders();
        new AuthenticationBuilder(services)
            .AddScheme<AuthenticationSchemeOptions, BasicAuthentication>(BasicAuthentication.Name, null);
        services.AddAuthorization();
        services.AddSingleton<EventRate>();
        services.TryAddSingleton(_ => new BodyBudget(BodyBudget.BytesMaxDefault));
        services.AddSingleton<BodyDeadline>();

        services.AddSingleton<EventTracker>();
        services.AddSingleton<SignIns>();
        services.AddSingleton<EventsApi>();

        services.AddSingleton<EmbeddedAssets>();
        services.AddSingleton<VisitorCookie>();
        services.AddHostedService(provider => provider.GetRequiredService<VisitorCookie>());
        services.AddSingleton<SessionAnswer>();
        services.AddSingleton<SessionApi>();
        services.AddSingleton<FormerVisitors>();
        services.AddSingleton<CollectApi>();

        services.AddSingleton<PreviewApi>();
        services.AddHostedService<DemoNotice>();
        services.AddApiDocumentation();
        services.AddReadiness();
        return services;
    }

    public static WebApplication MapSpidWeb(this WebApplication app)
    {
        app.UseMiddleware<FailureAnswers>();
        app.Use(SecurityHeaders.AddAsync);
        EventsApi.UseShortcut(app);
        app.UseStatusCodePages(context => Problem.Of(context.HttpContext.Response.StatusCode).ExecuteAsync(context.HttpContext));
        app.Use(UserPath.RewriteAsync);
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();

        var clientApi = app.MapGroup("/v1").RequireAuthorization().WithTags("Client back ends");
        EventsApi.Map(clientApi);
        VisitorsApi.Map(clientApi);
        UsersApi.Map(clientApi);

        var browsers = app.MapGroup("").WithTags("Browsers");
        SessionApi.Map(browsers);
        CollectApi.Map(browsers);
        SdkFiles.Map(browsers);

        HealthApi.Map(app.MapGroup("/health").WithTags("Health"));
        ApiDocumentation.Map(app);

        if (app.Services.GetRequiredService<SpidSettings>().HasDemoClient)
        {
            DemoPage.Map(app);
            DemoApi.Map(app);
            PreviewApi.Map(app);
        }

        return app;
    }
}
