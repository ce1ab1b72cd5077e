using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.TestKit.Identity;
using SpidOrleans.Web.SignIn;
using Xunit;

namespace SpidOrleans.UnitTests.Web.SignIn;

/// <summary>Hosts with a client that has addresses to return to, and what tests ask of them.</summary>
internal static class SignInHost
{
    public const string Back = WebHostFixture.PageOrigin + "/back";
    public const string Cancelled = WebHostFixture.PageOrigin + "/cancelled";

    public static readonly (string Key, string Value)[] Addresses =
    [
        ("Clients:news:RedirectUris:0", Back),
        ("Clients:news:RedirectUris:1", Cancelled),
        ("Clients:news:RedirectUris:2", WebHostFixture.PageOrigin + "/query?a=1"),
        ("Clients:partner:RedirectUris:0", "https://partner.test/only"),
    ];

    public static Task<WebHostFixture> StartAsync(Action<IServiceCollection>? configure = null, params (string Key, string Value)[] more) =>
        WebHostFixture.StartHostAsync(isFacade: false, [.. Addresses, .. more], configure);

    /// <summary>A silo's HTTP side that signs people in at the provider.</summary>
    /// <param name="timeout">Of a request to the provider; null: long, for a provider that shares this busy machine.</param>
    public static Task<WebHostFixture> StartAsync(
        IdentityProvider provider, ISettingStore? store = null, Action<IServiceCollection>? configure = null, TimeSpan? timeout = null,
        (string Key, string Value)[]? more = null) => StartAsync(
        services =>
        {
            services.PostConfigure<OpenIdConnectOptions>(ProviderHandler.Name, options => options.Backchannel.Timeout = timeout ?? TimeSpan.FromSeconds(60));
            if (store is not null) services.AddSingleton(store);
            configure?.Invoke(services);
        },
        [("Identity:Authority", provider.Authority.ToString()), ("Identity:ClientId", IdentityProvider.ClientId),
        ("Identity:ClientSecret", IdentityProvider.ClientSecret), .. more ?? []]);

    public static string Flow(string path, params (string Name, string? Value)[] more)
    {
        var parameters = new Dictionary<string, string?> { ["client_id"] = "news", ["redirect_uri"] = Back };
        foreach (var (name, value) in more) parameters[name] = value;
        return path + "?" + string.Join('&', parameters.Where(p => p.Value is not null).Select(p => $"{p.Key}={Uri.EscapeDataString(p.Value!)}"));
    }

    /// <summary>Gives the browser a genuine visitor's cookie.</summary>
    public static async Task<string> VisitAsync(this TestBrowser browser)
    {
        using var answer = await browser.GetAsync(
            "/rpc/hasSession.js?client_id=news&redirect_uri=" + Uri.EscapeDataString(Back) + "&callback=f1", ("Referer", WebHostFixture.PageOrigin + "/"));
        return browser.Cookies["SPID_VISITOR"][..36];
    }

    public static LoginRequest LoginOf(this WebHostFixture host) =>
        Assert.IsType<LoginRequest>(Assert.Single(host.Grains.Calls, call => call.Method == "Login").Argument);

    /// <summary>The page is ours: nothing in it runs, is loaded, framed or kept.</summary>
    public static async Task<string> PageAsync(this HttpResponseMessage answer, int status)
    {
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("text/html; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal(["no-store"], answer.Headers.GetValues("Cache-Control"));
        Assert.Equal(["nosniff"], answer.Headers.GetValues("X-Content-Type-Options"));
        Assert.Equal(["DENY"], answer.Headers.GetValues("X-Frame-Options"));
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        foreach (var part in new[] { "default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'" })
            Assert.Contains(part, policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("script-src", policy, StringComparison.Ordinal);
        return await answer.Content.ReadAsStringAsync();
    }
}

/// <summary>One host for tests that only ask it for refusals.</summary>
public sealed class SharedSignInHost : IAsyncLifetime
{
    internal WebHostFixture Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await SignInHost.StartAsync();

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
