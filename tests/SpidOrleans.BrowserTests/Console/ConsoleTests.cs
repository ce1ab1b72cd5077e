using System.Net;
using Microsoft.Playwright;
using SpidOrleans.BrowserTests.Browsing;
using SpidOrleans.TestKit.Hosting;
using static Microsoft.Playwright.Assertions;

namespace SpidOrleans.BrowserTests.Console;

/// <summary>The console of the real silo, as somebody on call uses it who has never seen it.</summary>
[Collection(ChromiumTests.Name)]
public sealed class ConsoleTests(ChromiumFixture chromium, ConsoleFixture console) : IClassFixture<ConsoleFixture>, IAsyncLifetime
{
    private const string Hostile = "<script>window.hacked=1</script><img src=x onerror=window.hacked=1> \" ' & {{7*7}}";

    /// <summary>Until an event is through outbox and delivery, on a busy machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<string> _complaints = [];
    private readonly string _visitor = Guid.NewGuid().ToString();
    private IBrowserContext _profile = null!;
    private IPage _page = null!;

    public async ValueTask InitializeAsync()
    {
        _profile = await OpenProfileAsync(new());
        _page = await OpenAsync(_profile);
    }

    public async ValueTask DisposeAsync()
    {
        if (_profile is not null) await _profile.DisposeAsync();
        await SetPausedAsync("news", false);
    }

    [Fact]
    public async Task Overview_SaysWhyAProjectIsBehind_AndWhichIsFine()
    {
        await console.TrackAsync(TestClient.Shop, _visitor, "Never taken");
        await console.TrackAsync(TestClient.News, _visitor, "Taken");

        await UntilAsync("/console", async () => (await Card("shop").TextContentAsync())!.Contains("503", StringComparison.Ordinal));
        await Expect(Card("shop")).ToContainTextAsync("trouble");
        await Expect(Card("shop")).ToContainTextAsync("Next try in");
        await Expect(Card("shop")).ToContainTextAsync("Nothing is lost");
        await Expect(Card("news")).Not.ToContainTextAsync("trouble");
        await Expect(_page.GetByRole(AriaRole.Heading, new() { Level = 3 }).First).ToContainTextAsync("shop");
        await Expect(_page.GetByRole(AriaRole.Table).First).ToContainTextAsync("(this one)");
        NothingWasComplainedOf();
    }

    [Fact]
    public async Task PausingAProject_HoldsItsEventsBack_UntilItIsResumed()
    {
        await GoAsync("/console");
        await _page.GetByRole(AriaRole.Button, new() { Name = "Pause delivery of news" }).ClickAsync();
        await Expect(_page.GetByRole(AriaRole.Status)).ToContainTextAsync("Paused");
        await Expect(Card("news")).ToContainTextAsync("Paused by an operator since");
        // By now the silo obeys: it was asked itself.
        await console.TrackAsync(TestClient.News, _visitor, "Held back", "held-" + _visitor[..8]);
        await GoAsync("/console/find?q=held-" + _visitor[..8]);
        await Expect(_page.GetByText("This event is accepted and waits to be sent.")).ToBeVisibleAsync();

        await GoAsync("/console");
        await _page.GetByRole(AriaRole.Button, new() { Name = "Resume delivery of news" }).ClickAsync();
        await Expect(_page.GetByRole(AriaRole.Status)).ToContainTextAsync("Resumed");
        await UntilAsync("/console/find?q=held-" + _visitor[..8], () => _page.GetByText("Mixpanel took this event at").IsVisibleAsync());
        NothingWasComplainedOf();
    }

    [Fact]
    public async Task Find_TellsWhereAPersonsEventIs_FromTheFieldOnEveryPage_AndShowsHostileTextAsText()
    {
        var (user, insertId) = ("anna\"<b>" + _visitor[..8], "where-" + _visitor[..8]);
        await console.TrackAsync(TestClient.News, _visitor, Hostile, insertId, new Dictionary<string, object> { [Hostile] = Hostile });
        await console.SendAsync(TestClient.News, $"/v1/visitors/{_visitor}/login", new { userId = user, profile = new { displayName = Hostile } });

        await GoAsync("/console");
        await _page.GetByLabel("Visitor id, user id or insert id").FillAsync(insertId);
        await _page.Keyboard.PressAsync("Enter");
        await UntilAsync(null, () => _page.GetByText("Mixpanel took this event at").IsVisibleAsync());
        await Expect(_page.Locator(".steps .delivered").First).ToContainTextAsync(Hostile);

        await _page.Locator(".steps a").First.ClickAsync();
        await Expect(_page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(_visitor);
        await Expect(_page.GetByText("by «Login» of client «news»")).ToBeVisibleAsync();
        await Expect(_page.Locator(".steps .merged")).ToContainTextAsync("joined the user");
        await _page.GetByRole(AriaRole.Link, new() { Name = user, Exact = true }).First.ClickAsync();
        await Expect(_page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Find: " + user);
        await Expect(_page.Locator("main")).ToContainTextAsync("name " + Hostile);
        await Expect(_page.Locator("main")).ToContainTextAsync(_visitor);
        NothingWasComplainedOf();
    }

    [Fact]
    public async Task Find_OfWhatNobodyKnows_SaysSo_AndWhatToLookAt()
    {
        await GoAsync("/console/find?q=" + Uri.EscapeDataString(Hostile));
        await Expect(_page.GetByRole(AriaRole.Status)).ToContainTextAsync("Nothing is known.");
        await GoAsync("/console/find?q=" + new string('x', 200));
        await Expect(_page.Locator("main")).ToContainTextAsync("This can be no id");
        NothingWasComplainedOf();
    }

    [Fact]
    public async Task Live_ShowsEventsAsTheyPass_OfThePersonAskedFor_HostileTextAsText()
    {
        await GoAsync("/console/live?id=" + _visitor);
        await Expect(_page.Locator("#live-status")).ToContainTextAsync("Looking.");
        await console.TrackAsync(TestClient.News, Guid.NewGuid().ToString(), "Of somebody else");
        await console.TrackAsync(TestClient.News, _visitor, Hostile);

        var list = _page.Locator("#live-list > li");
        await Expect(list).ToHaveCountAsync(2, new() { Timeout = (float)Patience.TotalMilliseconds });
        await Expect(list.Nth(1)).ToContainTextAsync("accepted " + Hostile);
        await Expect(list.Nth(0)).ToContainTextAsync("delivered " + Hostile);
        await _page.GetByRole(AriaRole.Button, new() { Name = "Pause the view" }).ClickAsync();
        await Expect(_page.Locator("#live-status")).ToContainTextAsync("Paused");
        NothingWasComplainedOf();
    }

    [Fact]
    public async Task ADeadLetter_IsFound_Mended_AndArrives()
    {
        var name = "Order " + _visitor[..8];
        await console.TrackAsync(TestClient.News, _visitor, name, "bad-" + _visitor[..8], new { poison = Hostile });
        await UntilAsync("/console/find?q=bad-" + _visitor[..8], () => _page.GetByText("Mixpanel refused this event.").IsVisibleAsync());
        await _page.GetByRole(AriaRole.Link, new() { Name = name }).ClickAsync();
        await Expect(_page.Locator("main")).ToContainTextAsync("'poison' <b>is</b> poison");
        await Expect(_page.Locator("pre")).ToContainTextAsync(_visitor);

        var field = _page.GetByLabel("The sender’s properties");
        await field.FillAsync("{\"amount\": }");
        await _page.GetByRole(AriaRole.Button, new() { Name = "Replay with these properties" }).ClickAsync();
        await Expect(_page.GetByRole(AriaRole.Status)).ToContainTextAsync("Nothing was done");
        await Expect(field).ToHaveValueAsync("{\"amount\": }");
        await field.FillAsync("{\"amount\": 7}");
        await _page.GetByRole(AriaRole.Button, new() { Name = "Replay with these properties" }).ClickAsync();
        await Expect(_page.GetByRole(AriaRole.Status)).ToContainTextAsync("Replayed");

        await console.StandIn.Arrivals.WaitForMarkersAsync([name], Patience);
        NothingWasComplainedOf();
    }

    [Fact]
    public async Task DeadLetters_OfASearch_GoTogether_OnceSomebodyIsSure()
    {
        var name = "Doomed " + _visitor[..8];
        for (var i = 0; i < 3; i++) await console.TrackAsync(TestClient.News, _visitor, name, $"doomed-{i}-{_visitor[..8]}", new { poison = i });
        var path = "/console/dead-letters?project=news&event=" + Uri.EscapeDataString(name);
        await UntilAsync(path, async () => await _page.Locator("tbody tr").CountAsync() == 3);

        await _page.GetByRole(AriaRole.Button, new() { Name = "Discard all" }).ClickAsync();
        await Expect(_page.GetByRole(AriaRole.Status)).ToContainTextAsync("tick the box");
        await Expect(_page.Locator("tbody tr")).ToHaveCountAsync(3);
        await _page.GetByLabel("All that match this search").CheckAsync();
        await _page.GetByRole(AriaRole.Button, new() { Name = "Discard all" }).ClickAsync();
        await Expect(_page.GetByRole(AriaRole.Status)).ToContainTextAsync("Discarded");
        await Expect(_page.Locator("tbody tr")).ToHaveCountAsync(0);
        NothingWasComplainedOf();
    }

    [Fact]
    public async Task Erasing_NeedsTheIdTyped_AndIsForEver()
    {
        await console.TrackAsync(TestClient.News, _visitor, "Soon gone");
        var user = "gone-" + _visitor[..8];
        await console.SendAsync(TestClient.News, $"/v1/visitors/{_visitor}/login", new { userId = user });
        await GoAsync("/console/find?q=" + user);
        await _page.GetByRole(AriaRole.Link, new() { Name = "Erase this user" }).ClickAsync();

        var typed = _page.GetByLabel("To confirm, type the id");
        await typed.FillAsync(user + "x");
        await _page.GetByRole(AriaRole.Button, new() { Name = "Erase for ever" }).ClickAsync();
        await Expect(_page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Nothing was done");
        await typed.FillAsync(user);
        await _page.GetByRole(AriaRole.Button, new() { Name = "Erase for ever" }).ClickAsync();
        await Expect(_page.GetByText("Erased, for ever.")).ToBeVisibleAsync();
        await Expect(_page.GetByText("Erased: nothing is known any more")).ToBeVisibleAsync();
        NothingWasComplainedOf();
    }

    [Theory]
    [InlineData("/console/projects/halt", "project=news&halt=true")]
    [InlineData("/console/dead-letters", "project=news&sure=true&do=discard")]
    [InlineData("/console/dead-letters/news/1", "do=discard")]
    public async Task AForm_WithoutItsToken_DoesNothing(string path, string form)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(form, System.Text.Encoding.UTF8, "application/x-www-form-urlencoded") };
        request.Headers.Authorization = ConsoleFixture.Basic("anybody", ConsoleFixture.Password);
        using var answer = await console.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.EndsWith("note=expired", answer.Headers.Location!.ToString(), StringComparison.Ordinal);
        await GoAsync("/console");
        await Expect(Card("news")).Not.ToContainTextAsync("Paused by an operator");
    }

    [Theory]
    [InlineData("/console")]
    [InlineData("/console/find?q=x")]
    [InlineData("/console/live")]
    [InlineData("/console/live/events")]
    [InlineData("/console/dead-letters")]
    [InlineData("/console/erase?id=x")]
    [InlineData("/console/console.js")]
    [InlineData("/dashboard/")]
    [InlineData("/dashboard/index.min.js")]
    [InlineData("/dashboard/DashboardCounters")]
    public async Task WithoutThePassword_NothingIsShown(string path)
    {
        using var answer = await console.Http.GetAsync(path);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.DoesNotContain("news", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OrleansDashboard_IsThere_ForOperators()
    {
        await GoAsync("/dashboard/");
        await Expect(_page.GetByText("Grains").First).ToBeVisibleAsync();
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280, 900)]
    [InlineData(ColorScheme.Dark, 1280, 900)]
    [InlineData(ColorScheme.Light, 390, 844)]
    [InlineData(ColorScheme.Dark, 320, 568)]
    public async Task EveryPage_CanBeReadAndOperated_InLightAndDark_OnDesktopAndPhone(ColorScheme scheme, int width, int height)
    {
        var name = new string('w', 240);
        await console.TrackAsync(TestClient.Shop, _visitor, name, "wide-" + _visitor[..8]);
        await console.TrackAsync(TestClient.News, _visitor, name, "poor-" + _visitor[..8], new { poison = 1 });
        await console.SendAsync(TestClient.News, $"/v1/visitors/{_visitor}/login", new { userId = "user-" + _visitor[..8] });
        await using var profile = await OpenProfileAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = height } });
        _page = await OpenAsync(profile);
        await UntilAsync("/console/find?q=poor-" + _visitor[..8], () => _page.GetByText("Mixpanel refused this event.").IsVisibleAsync());
        var letter = new Uri(console.Address, await _page.Locator("section[aria-labelledby=letters] a").First.GetAttributeAsync("href")).PathAndQuery;

        foreach (var path in new[] { "/console", $"/console/find?q={_visitor}", "/console/find", "/console/live", "/console/dead-letters", letter, $"/console/erase?id={_visitor}" })
        {
            await GoAsync(path);
            await _page.EvaluateAsync("() => document.querySelectorAll('details').forEach(one => one.open = true)");
            await ScreenshotAsync($"{path.Split('?')[0].Trim('/').Replace('/', '-')}{(path.Contains('?') ? "-asked" : "")}-{scheme}-{width}");
            Assert.Empty(await _page.EvaluateAsync<string[]>(Accessibility.Check));
            Assert.Equal(0, await _page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"));
        }

        await _page.Keyboard.PressAsync("Tab");
        await Expect(_page.Locator(":focus")).ToHaveTextAsync("Skip to the content");
        NothingWasComplainedOf();
    }

    private ILocator Card(string project) => _page.Locator("#project-" + project);

    private Task<IBrowserContext> OpenProfileAsync(BrowserNewContextOptions options)
    {
        options.HttpCredentials = new() { Username = "on call", Password = ConsoleFixture.Password };
        return chromium.OpenProfileAsync(options);
    }

    private async Task<IPage> OpenAsync(IBrowserContext profile)
    {
        var page = await profile.NewPageAsync();
        page.Console += (_, message) => { lock (_complaints) if (message.Type is "error" or "warning") _complaints.Add(message.Text); };
        page.PageError += (_, fault) => { lock (_complaints) _complaints.Add(fault); };
        return page;
    }

    private async Task GoAsync(string path) => Assert.True((await _page.GotoAsync(new Uri(console.Address, path).ToString()))!.Status < 500);

    /// <summary>Loads the page again until it says so.</summary>
    private async Task UntilAsync(string? path, Func<Task<bool>> isTrue)
    {
        using var patience = new CancellationTokenSource(Patience);
        if (path is not null) await GoAsync(path);
        while (!await isTrue())
        {
            await Task.Delay(250, patience.Token);
            await _page.ReloadAsync();
        }
    }

    private async Task SetPausedAsync(string project, bool isPaused)
    {
        await using var profile = await OpenProfileAsync(new());
        _page = await profile.NewPageAsync();
        await GoAsync("/console");
        var button = _page.GetByRole(AriaRole.Button, new() { Name = $"{(isPaused ? "Pause" : "Resume")} delivery of {project}" });
        if (await button.IsVisibleAsync()) await button.ClickAsync();
    }

    private async Task ScreenshotAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("SPID_SCREENSHOTS") is not { Length: > 0 } folder) return;
        await _page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), FullPage = true });
    }

    private void NothingWasComplainedOf()
    {
        lock (_complaints) Assert.Empty(_complaints);
        Assert.False(_page.EvaluateAsync<bool>("() => 'hacked' in window").GetAwaiter().GetResult());
    }
}
