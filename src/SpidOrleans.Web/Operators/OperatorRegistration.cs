using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace SpidOrleans.Web.Operators;

/// <summary>What is for operators alone.</summary>
public static class OperatorRegistration
{
    // Of this scheme's word alone: a client that has proved itself is no operator.
    private static readonly AuthorizationPolicy OperatorsOnly =
        new AuthorizationPolicyBuilder(OperatorAuthentication.Name).RequireRole(OperatorAuthentication.Name).Build();

    internal static IServiceCollection AddOperators(this IServiceCollection services)
    {
        services.AddSingleton<OperatorLock>();
        new AuthenticationBuilder(services).AddScheme<AuthenticationSchemeOptions, OperatorAuthentication>(OperatorAuthentication.Name, null);
        return services;
    }

    /// <summary>What <c>/console</c> needs, where there is a cluster.</summary>
    internal static IServiceCollection AddConsole(this IServiceCollection services) =>
        services.AddSingleton<ConsoleApi>().AddSingleton<Finder>().AddSingleton<FindApi>().AddSingleton<LettersApi>().AddSingleton<LiveApi>();

    /// <summary>Opens endpoints, groups or Razor pages to operators only: whoever knows <c>Console:Password</c>, by HTTP Basic under any
    /// name, or this machine where there is none. Others are answered 401, 403 or 429; requests that a page of another site causes, 403.</summary>
    public static TBuilder RequireOperator<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder =>
        endpoints.RequireAuthorization(OperatorsOnly);
}
