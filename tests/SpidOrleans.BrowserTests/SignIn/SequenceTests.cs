using System.Text.Json;
using Microsoft.Playwright;
using SpidOrleans.BrowserTests.Browsing;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Sending;
using SpidOrleans.TestKit.StandIn;
using static Microsoft.Playwright.Assertions;

namespace SpidOrleans.BrowserTests.SignIn;

/// <summary>SPiD's own sequence: the page loads, the SDK asks, a visitor id comes back; whatever is tracked under it, by the page or
/// by the site's back end, is one person's history once somebody has signed in.</summary>
[Collection(ChromiumTests.Name)]
public sealed class SequenceTests(ChromiumFixture chromium, SignInFixture hosts) : IClassFixture<SignInFixture>, IAsyncLifetime
{
    private static readonly TimeSpan Delivery = TimeSpan.FromSeconds(30);

    private readonly string _person = $"person-{Guid.NewGuid():N}";
    private IBrowserContext _profile = null!;
    private IPage _page = null!;

    public async ValueTask InitializeAsync()
    {
        _profile = await chromium.OpenProfileAsync();
        _page = await _profile.NewPageAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FromTheFirstAnonymousPageViewOn_ThereIsOnePersonInOrder(bool signsInThroughTheFlow)
    {
        hosts.Site.Cluster = hosts.Development.Address;
        using var backEnd = new BackEnd(hosts.Development.Address, TestClient.News);
        var session = await LoadAsync();
        var visitor = Uid(session);
        Assert.Equal(["SPiD.visitor " + visitor, "auth.visitor " + visitor], Visitors(session));
        await TrackInPageAsync("Page viewed");
        await TrackInBackEndAsync(backEnd, "Article recommended", visitor);
        await TrackInPageAsync("Article read");

        if (signsInThroughTheFlow) await SignInThroughTheFlowAsync();
        else await backEnd.LoginUntilAcceptedAsync(visitor, Login());

        session = await LoadAsync();
        Assert.Equal((visitor, _person), (Uid(session), session.GetProperty("answer").GetProperty("userId").GetString()));
        Assert.Equal(["SPiD.visitor " + visitor, "auth.visitor " + visitor], Visitors(session));
        await TrackInPageAsync("Commented");
        await TrackInBackEndAsync(backEnd, "Order complete", visitor);

        var arrivals = await ArrivedAsync(visitor, "Order complete");
        Assert.Equal(["Page viewed", "Article recommended", "Article read", "Login", "Commented", "Order complete"], arrivals.Select(arrival => arrival.Event));
        // The login carries both ids, which makes Mixpanel put what came before it under the user.
        Assert.Equal([null, null, null, _person, _person, _person], arrivals.Select(arrival => arrival.UserId));
    }

    [Fact]
    public async Task WhoeverTheServerSignsInAgain_IsToldToThePageAndTrackedAsAutologin()
    {
        // A minute is the shortest session, and the shortest refresh of the first generation: it finds the session ended.
        await using var silo = await hosts.StartAsync(new() { ["Session:Lifetime"] = "00:01:00" });
        hosts.Site.Cluster = silo.Address;
        using var backEnd = new BackEnd(silo.Address, TestClient.News);
        var visitor = Uid(await LoadAsync());
        await backEnd.LoginUntilAcceptedAsync(visitor, Login() with { Remember = true });

        await _page.GotoAsync(hosts.Site.Page);
        await _page.EvaluateAsync(
            """
            server => {
              window.fired = [];
              ['SPiD.visitor', 'auth.visitor', 'SPiD.loginException', 'VGS.loginException', 'SPiD.error']
                .forEach(name => SPiD.event.subscribe(name, visitor => fired.push(name + ' ' + (visitor && visitor.user_id))));
              VGS.init({ client_id: 'news', server, refresh_timeout: 62000 });
            }
            """,
            Server);
        await _page.WaitForFunctionAsync("() => fired.length >= 7", null, new() { Timeout = 90_000 });

        Assert.Equal(
            [
                "SPiD.visitor " + _person, "auth.visitor " + _person, "SPiD.loginException undefined", "auth.visitor undefined",
                "VGS.loginException undefined", "SPiD.visitor " + _person, "auth.visitor " + _person,
            ],
            await _page.EvaluateAsync<string[]>("() => fired"));
        await TrackInPageAsync("Page viewed");
        var arrivals = await ArrivedAsync(visitor, "Page viewed");
        Assert.Equal(["Login", "Autologin", "Page viewed"], arrivals.Select(arrival => arrival.Event));
        Assert.All(arrivals, arrival => Assert.Equal(_person, arrival.UserId));
    }

    public async ValueTask DisposeAsync()
    {
        if (_profile is not null) await _profile.DisposeAsync();
    }

    private string Server => hosts.Site.Cluster!.GetLeftPart(UriPartial.Authority);

    /// <summary>Opens the site's page, which asks who is there; gives the answer and what the SDK fired.</summary>
    private async Task<JsonElement> LoadAsync()
    {
        await _page.GotoAsync(hosts.Site.Page);
        return await _page.EvaluateAsync<JsonElement>(
            """
            server => new Promise(resolve => {
              const visitors = [];
              ['SPiD.visitor', 'auth.visitor'].forEach(name => SPiD.event.subscribe(name, visitor => visitors.push(name + ' ' + visitor.uid)));
              SPiD.init({ client_id: 'news', server });
              SPiD.hasSession((error, answer) => resolve({ answer, visitors }));
            })
            """,
            Server);
    }

    private async Task TrackInPageAsync(string name) => await _page.EvaluateAsync("name => SPiD.track(name)", name);

    private static Task TrackInBackEndAsync(BackEnd backEnd, string name, string visitor) => backEnd.TrackUntilAcceptedAsync(new BackEndEvent
    {
        Event = name,
        VisitorId = visitor,
        Time = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
        InsertId = Guid.NewGuid().ToString(),
    });

    private async Task SignInThroughTheFlowAsync()
    {
        await _page.EvaluateAsync("() => { location.href = SPiD.Uri.login(location.href, null, { tag: 'front page' }); }");
        await _page.GetByLabel("User id").FillAsync(_person);
        await _page.GetByRole(AriaRole.Button, new() { Name = "Log in", Exact = true }).ClickAsync();
        await Expect(_page).ToHaveURLAsync(hosts.Site.Page, new() { Timeout = 20_000 });
    }

    private LoginCall Login() => new()
    {
        UserId = _person,
        Time = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
        InsertId = Guid.NewGuid().ToString(),
    };

    /// <summary>What Mixpanel has of a visitor, in the order in which it came first, once that event is there.</summary>
    private async Task<IReadOnlyList<Arrival>> ArrivedAsync(string visitor, string last)
    {
        var deadline = TimeProvider.System.GetUtcNow() + Delivery;
        while (true)
        {
            var all = hosts.Mixpanel.Arrivals.Snapshot();
            var arrivals = all.Where(arrival => arrival.DeviceId == visitor).DistinctBy(arrival => arrival.InsertId).ToArray();
            if (arrivals.Any(arrival => arrival.Event == last)) return arrivals;
            await hosts.Mixpanel.Arrivals.WaitForCountAsync(all.Count + 1, deadline - TimeProvider.System.GetUtcNow());
        }
    }

    private static string[] Visitors(JsonElement session) => [.. session.GetProperty("visitors").EnumerateArray().Select(name => name.GetString()!)];

    private static string Uid(JsonElement session) => session.GetProperty("answer").GetProperty("visitor").GetProperty("uid").GetString()!;
}
