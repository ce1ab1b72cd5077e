using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Web.OAuth;

namespace SpidOrleans.Web.Admission;

/// <summary>How a client back end proves itself: its secret by HTTP Basic, or an access token as Bearer.</summary>
internal static class ClientSchemes
{
    private const string Either = "Client";

    public static IServiceCollection AddClientSchemes(this IServiceCollection services)
    {
        // Not AddAuthentication: it brings data protection along, which writes keys that nobody here needs.
        services.AddAuthenticationCore(authentication => authentication.DefaultScheme = Either);
        services.AddWebEncoders();
        services.AddSingleton<AccessTokens>();
        new AuthenticationBuilder(services)
            .AddPolicyScheme(Either, null, either => either.ForwardDefaultSelector = context =>
                BearerAuthentication.IsMeant(context.Request) ? BearerAuthentication.Name : BasicAuthentication.Name)
            .AddScheme<AuthenticationSchemeOptions, BasicAuthentication>(BasicAuthentication.Name, null)
            .AddScheme<AuthenticationSchemeOptions, BearerAuthentication>(BearerAuthentication.Name, null);
        services.AddAuthorization();
        return services;
    }
}
