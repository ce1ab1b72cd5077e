using Microsoft.Playwright;
using SpidOrleans.BrowserTests.Browsing;
using static Microsoft.Playwright.Assertions;

namespace SpidOrleans.BrowserTests.Demo;

/// <summary>The demo page of the real host, as a person uses it.</summary>
[Collection(ChromiumTests.Name)]
public sealed class DemoPageTests(ChromiumFixture chromium, HostFixture host) : IClassFixture<HostFixture>, IAsyncLifetime
{
    // Until the event is through the browser's linger, the outbox and the delivery, on a busy machine.
    private static readonly LocatorAssertionsToContainTextOptions Arrival = new() { Timeout = 20_000 };

    private readonly List<string> _complaints = [];
    private IBrowserContext _profile = null!;
    private IPage _page = null!;

    public async ValueTask InitializeAsync()
    {
        _profile = await chromium.OpenProfileAsync();
        _page = await OpenAsync(_profile);
    }

    [Fact]
    public async Task Page_WhenSomebodyLogsIn_ShowsTheAnonymousEventsUnderThatPerson()
    {
        var visitor = await VisitorAsync();
        await _page.GetByText("Page viewed", new() { Exact = true }).First.ClickAsync();
        await Expect(CardOf("Anonymous visitor " + visitor[..8])).ToContainTextAsync("Page viewed", Arrival);
        await _page.GetByLabel("the site’s back end").CheckAsync();
        await _page.GetByLabel("Event name").FillAsync("Order received");
        await _page.GetByRole(AriaRole.Button, new() { Name = "Track", Exact = true }).ClickAsync();
        await Expect(CardOf("Anonymous visitor " + visitor[..8])).ToContainTextAsync("Order received", Arrival);

        var user = await SignInAsync("Log in");

        var card = CardOf(user);
        await Expect(card).ToContainTextAsync("Login", Arrival);
        Assert.Equal(["Page viewed", "Order received", "Login"], await card.Locator(".name").AllTextContentsAsync());
        await Expect(card.Locator(".joined")).ToHaveCountAsync(2);
        await Expect(card).ToContainTextAsync("this browser");
        await Expect(CardOf("Anonymous visitor " + visitor[..8])).ToHaveCountAsync(0);
        Assert.Equal(visitor, await VisitorAsync());
        NothingWasComplainedOf();
    }

    [Fact]
    public async Task Page_WhenSomebodyRegisters_ShowsTheSignup()
    {
        await VisitorAsync();
        var user = await SignInAsync("Register");

        await Expect(CardOf(user)).ToContainTextAsync("Signup completed", Arrival);
    }

    [Fact]
    public async Task Page_WhenAnotherPersonTakesOver_GivesTheBrowserANewVisitorAndMixesNothing()
    {
        var first = await VisitorAsync();
        var anna = await SignInAsync("Log in");
        await TrackAsync("Of the first person");
        await Expect(CardOf(anna)).ToContainTextAsync("Of the first person", Arrival);

        var bob = await SignInAsync("Switch");
        await TrackAsync("Of the second person");
        await Expect(CardOf(bob)).ToContainTextAsync("Of the second person", Arrival);

        Assert.NotEqual(first, await VisitorAsync());
        Assert.Equal(["Login", "Of the second person"], await CardOf(bob).Locator(".name").AllTextContentsAsync());
        Assert.DoesNotContain("Of the second person", await CardOf(anna).Locator(".name").AllTextContentsAsync());
        NothingWasComplainedOf();
    }

    [Fact]
    public async Task Page_AfterLogout_IsANewAnonymousVisitor()
    {
        var first = await VisitorAsync();
        var user = await SignInAsync("Log in");
        await _page.GetByRole(AriaRole.Button, new() { Name = "Log out" }).ClickAsync();
        await Expect(_page.Locator("#who")).ToHaveTextAsync("anonymous");
        var second = await VisitorAsync();
        await TrackAsync("Seen by nobody known");

        await Expect(CardOf("Anonymous visitor " + second[..8])).ToContainTextAsync("Seen by nobody known", Arrival);
        await Expect(CardOf(user)).ToContainTextAsync("Logout", Arrival);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public async Task Page_TrackingOffline_DeliversOnceTheNetworkIsBack()
    {
        var visitor = await VisitorAsync();
        await _profile.SetOfflineAsync(true);
        await TrackAsync("Read in a tunnel");
        await Expect(_page.Locator("#status")).ToContainTextAsync("queued in this browser");
        await _profile.SetOfflineAsync(false);

        await Expect(CardOf("Anonymous visitor " + visitor[..8])).ToContainTextAsync("Read in a tunnel", Arrival);
    }

    [Fact]
    public async Task Page_WhenALoginIsRefused_SaysWhy()
    {
        await VisitorAsync();
        await _page.GetByLabel("User id").FillAsync("anonymous");
        await _page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();

        await Expect(_page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await Expect(_page.GetByRole(AriaRole.Alert)).Not.ToBeEmptyAsync();
        await Expect(_page.Locator("#who")).ToHaveTextAsync("anonymous");
    }

    [Theory]
    [InlineData(1280, 900)]
    [InlineData(390, 844)]
    [InlineData(320, 568)]
    public async Task Page_OnAnyScreen_NeedsNoScrollingSideways(int width, int height)
    {
        await _page.SetViewportSizeAsync(width, height);
        await VisitorAsync();
        await TrackAsync(new string('w', 255));
        await Expect(_page.Locator("#persons")).ToContainTextAsync("www", Arrival);

        Assert.Equal(0, await _page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_profile is not null) await _profile.DisposeAsync();
    }

    private async Task<IPage> OpenAsync(IBrowserContext profile)
    {
        var page = await profile.NewPageAsync();
        page.Console += (_, message) => { lock (_complaints) if (message.Type is "error" or "warning") _complaints.Add(message.Text); };
        page.PageError += (_, fault) => { lock (_complaints) _complaints.Add(fault); };
        await page.GotoAsync(host.Address);
        return page;
    }

    private async Task<string> VisitorAsync()
    {
        await Expect(_page.Locator("#visitor")).Not.ToHaveTextAsync("…");
        return await _page.Locator("#visitor").TextContentAsync() ?? "";
    }

    private async Task TrackAsync(string name)
    {
        await _page.GetByLabel("Event name").FillAsync(name);
        await _page.GetByRole(AriaRole.Button, new() { Name = "Track", Exact = true }).ClickAsync();
    }

    /// <summary>Signs in a person who is new to the host, and waits until the page says so.</summary>
    private async Task<string> SignInAsync(string button)
    {
        var user = $"person-{Guid.NewGuid():N}";
        await _page.GetByLabel("User id").FillAsync(user);
        await _page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();
        await Expect(_page.Locator("#who")).ToHaveTextAsync(user);
        return user;
    }

    private ILocator CardOf(string person) =>
        _page.Locator(".person").Filter(new() { Has = _page.GetByRole(AriaRole.Heading, new() { Name = person, Exact = true }) });

    /// <summary>Neither the page's security policy nor its scripts had anything to say on the console.</summary>
    private void NothingWasComplainedOf()
    {
        lock (_complaints) Assert.Empty(_complaints);
    }
}
