using System.Text.Json;
using Microsoft.Playwright;
using SpidOrleans.BrowserTests.Browsing;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.StandIn;
using static Microsoft.Playwright.Assertions;

namespace SpidOrleans.BrowserTests.SignIn;

/// <summary>A site's visitor signs in, registers, breaks off and logs out, in a real browser.</summary>
[Collection(ChromiumTests.Name)]
public sealed class SignInTests(ChromiumFixture chromium, SignInFixture hosts) : IClassFixture<SignInFixture>, IAsyncLifetime
{
    private static readonly TimeSpan Arrival = TimeSpan.FromSeconds(30);

    private readonly List<string> _complaints = [];
    private readonly string _person = $"person-{Guid.NewGuid():N}";
    private IBrowserContext _profile = null!;
    private IPage _page = null!;

    public async ValueTask InitializeAsync()
    {
        _profile = await chromium.OpenProfileAsync();
        _page = await _profile.NewPageAsync();
        _page.Console += (_, message) => { lock (_complaints) if (message.Type is "error" or "warning") _complaints.Add(message.Text); };
    }

    [Fact]
    public async Task LoggingIn_BringsThePersonBackSignedIn_UnderTheSameVisitor()
    {
        var visitor = await VisitAsync(hosts.Development);
        await Expect(_page.Locator("#user")).ToHaveTextAsync("nobody");

        await SignInAsync("Log in", _person);

        await Expect(_page).ToHaveURLAsync(hosts.Site.Home + "?state=s1");
        await Expect(_page.Locator("#user")).ToHaveTextAsync(_person);
        Assert.Equal(visitor, await VisitorAsync());
        var login = await ArrivedAsync("Login", visitor);
        Assert.Equal(_person, login.UserId);
        Assert.Equal("front page", PropertyOf(login, "Tracking tag"));
        lock (_complaints) Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Registering_IsASignup()
    {
        var visitor = await VisitAsync(hosts.Development);

        await SignInAsync("Register", _person);

        await Expect(_page.Locator("#user")).ToHaveTextAsync(_person);
        var signup = await ArrivedAsync("Signup completed", visitor);
        Assert.Equal((_person, "signup"), (signup.UserId, PropertyOf(signup, "Flow")));
    }

    [Fact]
    public async Task BreakingOff_LeadsToTheCancelAddress_WithNobodySignedIn()
    {
        await VisitAsync(hosts.Development);
        await _page.GetByRole(AriaRole.Link, new() { Name = "Log in", Exact = true }).ClickAsync();
        await _page.GetByRole(AriaRole.Link, new() { Name = "Cancel" }).ClickAsync();

        await Expect(_page).ToHaveURLAsync(hosts.Site.Cancelled + "?spid_page=login&state=s1");
        await VisitAsync(hosts.Development);
        await Expect(_page.Locator("#user")).ToHaveTextAsync("nobody");
    }

    [Fact]
    public async Task LoggingOut_EndsTheSession_AndTheBrowserIsAnotherVisitor()
    {
        var first = await VisitAsync(hosts.Development);
        await SignInAsync("Log in", _person);
        await Expect(_page.Locator("#user")).ToHaveTextAsync(_person);
        var signedIn = await _profile.CookiesAsync();

        await _page.GetByRole(AriaRole.Link, new() { Name = "Log out" }).ClickAsync();

        await Expect(_page).ToHaveURLAsync(hosts.Site.Home);
        await Expect(_page.Locator("#user")).ToHaveTextAsync("nobody");
        Assert.NotEqual(first, await VisitorAsync());
        Assert.Equal(_person, (await ArrivedAsync("Logout", first)).UserId);

        // The session is gone on the server, not only here.
        await _profile.ClearCookiesAsync();
        await _profile.AddCookiesAsync(signedIn.Select(cookie => new Cookie
        {
            Name = cookie.Name,
            Value = cookie.Value,
            Domain = cookie.Domain,
            Path = cookie.Path,
            HttpOnly = cookie.HttpOnly,
            SameSite = cookie.SameSite,
        }));
        await VisitAsync(hosts.Development);
        await Expect(_page.Locator("#user")).ToHaveTextAsync("nobody");
    }

    [Fact]
    public async Task ASecondPerson_GetsANewVisitorBeforeTheirFirstEvent()
    {
        var first = await VisitAsync(hosts.Development);
        await SignInAsync("Log in", _person);
        await Expect(_page.Locator("#user")).ToHaveTextAsync(_person);

        await SignInAsync("Log in", "second-" + _person);

        await Expect(_page.Locator("#user")).ToHaveTextAsync("second-" + _person);
        var second = await VisitorAsync();
        Assert.NotEqual(first, second);
        Assert.Equal(("second-" + _person, _person), ((await ArrivedAsync("Login", second)).UserId, (await ArrivedAsync("Login", first)).UserId));
    }

    [Fact]
    public async Task WhoeverPlantedTheVisitor_DoesNotShareTheLogin()
    {
        // The attacker's browser gets a visitor, and the victim's gets the attacker's cookie.
        await using var attacker = await chromium.OpenProfileAsync();
        var attackersPage = await attacker.NewPageAsync();
        hosts.Site.Cluster = hosts.Development.Address;
        await attackersPage.GotoAsync(hosts.Site.Home);
        await Expect(attackersPage.Locator("#visitor")).Not.ToHaveTextAsync("?");
        var planted = (await attacker.CookiesAsync()).Single(cookie => cookie.Name == "SPID_VISITOR");
        await _profile.AddCookiesAsync([new() { Name = planted.Name, Value = planted.Value, Domain = planted.Domain, Path = planted.Path }]);

        await VisitAsync(hosts.Development);
        await SignInAsync("Log in", _person);

        await Expect(_page.Locator("#user")).ToHaveTextAsync(_person);
        await attackersPage.GotoAsync(hosts.Site.Home);
        await Expect(attackersPage.Locator("#user")).ToHaveTextAsync("nobody");
    }

    [Fact]
    public async Task AnotherSite_CanNeitherFrameTheSignInNorLogAnybodyOut()
    {
        await VisitAsync(hosts.Development);
        await SignInAsync("Log in", _person);
        await Expect(_page.Locator("#user")).ToHaveTextAsync(_person);

        var framed = _page.WaitForResponseAsync(response => response.Url.Contains("/flow/login", StringComparison.Ordinal));
        await _page.GotoAsync($"http://localhost:{hosts.Site.Port}/frame");
        Assert.Equal(403, (await framed).Status);
        await _page.GotoAsync($"http://localhost:{hosts.Site.Port}/attack");
        await _page.GetByRole(AriaRole.Link, new() { Name = "See kittens" }).ClickAsync();
        await Expect(_page.GetByRole(AriaRole.Heading, new() { Name = "Log out?" })).ToBeVisibleAsync();
        await VisitAsync(hosts.Development);
        await Expect(_page.Locator("#user")).ToHaveTextAsync(_person);

        // Who is asked and says yes is logged out.
        await _page.GotoAsync($"http://localhost:{hosts.Site.Port}/attack");
        await _page.GetByRole(AriaRole.Link, new() { Name = "See kittens" }).ClickAsync();
        await _page.GetByRole(AriaRole.Button, new() { Name = "Log out" }).ClickAsync();
        await Expect(_page).ToHaveURLAsync(hosts.Site.Home);
        await Expect(_page.Locator("#user")).ToHaveTextAsync("nobody");
    }

    [Fact]
    public async Task ThroughAProviderOnAnotherSite_LoggingInWorks_AndBreakingOffToo()
    {
        hosts.Provider.Person = new Dictionary<string, string> { ["sub"] = _person, ["name"] = "Ann Example", ["birthdate"] = "1980-12-31" };
        hosts.Provider.AsksFirst = true;
        var visitor = await VisitAsync(hosts.WithProvider);

        await _page.GetByRole(AriaRole.Link, new() { Name = "Log in", Exact = true }).ClickAsync();
        await _page.GetByRole(AriaRole.Link, new() { Name = "No, go back" }).ClickAsync();
        await Expect(_page).ToHaveURLAsync(hosts.Site.Cancelled + "?spid_page=login&state=s1");
        await VisitAsync(hosts.WithProvider);
        await Expect(_page.Locator("#user")).ToHaveTextAsync("nobody");
        await _page.GetByRole(AriaRole.Link, new() { Name = "Log in", Exact = true }).ClickAsync();
        await _page.GetByRole(AriaRole.Link, new() { Name = "Yes, it is me" }).ClickAsync();

        await Expect(_page).ToHaveURLAsync(hosts.Site.Home + "?state=s1");
        await Expect(_page.Locator("#user")).ToHaveTextAsync(_person);
        Assert.Equal(visitor, await VisitorAsync());
        Assert.Equal(_person, (await ArrivedAsync("Login", visitor)).UserId);
        foreach (var word in new[] { _person, "Ann Example", IdentityProviderSecret, visitor })
            Assert.DoesNotContain(word, hosts.WithProvider.Output, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_profile is not null) await _profile.DisposeAsync();
    }

    private static string? PropertyOf(Arrival arrival, string name) =>
        JsonElement.Parse(arrival.Json).GetProperty("properties").GetProperty(name).GetString();

    private static string IdentityProviderSecret => TestKit.Identity.IdentityProvider.ClientSecret;

    /// <summary>Opens the site, whose visitors sign in at this host; gives the visitor that the browser is.</summary>
    private async Task<string> VisitAsync(SiloProcess host)
    {
        hosts.Site.Cluster = host.Address;
        await _page.GotoAsync(hosts.Site.Home);
        return await VisitorAsync();
    }

    private async Task<string> VisitorAsync()
    {
        await Expect(_page.Locator("#visitor")).Not.ToHaveTextAsync("?");
        return await _page.Locator("#visitor").TextContentAsync() ?? "";
    }

    private async Task SignInAsync(string link, string person)
    {
        await _page.GetByRole(AriaRole.Link, new() { Name = link, Exact = true }).ClickAsync();
        await _page.GetByLabel("User id").FillAsync(person);
        await _page.GetByRole(AriaRole.Button, new() { Name = link, Exact = true }).ClickAsync();
    }

    private async Task<Arrival> ArrivedAsync(string name, string visitor)
    {
        var deadline = TimeProvider.System.GetUtcNow() + Arrival;
        while (true)
        {
            var arrivals = hosts.Mixpanel.Arrivals.Snapshot();
            if (arrivals.FirstOrDefault(arrival => arrival.Event == name && arrival.DeviceId == visitor) is { } found) return found;
            await hosts.Mixpanel.Arrivals.WaitForCountAsync(arrivals.Count + 1, deadline - TimeProvider.System.GetUtcNow());
        }
    }
}
