using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.UnitTests.Web.SignIn;

public class DevelopmentSignInTests
{
    [Theory]
    [InlineData("/flow/login", "Login", null)]
    [InlineData("/flow/signup", "Signup completed", "signup")]
    public async Task SigningIn_LinksTheBrowsersVisitorAndReturnsToTheSite(string path, string eventName, string? flow)
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);
        var visitor = await browser.VisitAsync();
        host.Grains.Calls.Clear();
        var started = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

        var page = await browser.GetAsync(SignInHost.Flow(path, ("state", "s1"), ("tracking_ref", "ref"), ("tag", "tag")), ("User-Agent", "Test browser"));
        var done = await browser.SubmitAsync(page, ("user_id", "ann"));

        Assert.Equal(SignInHost.Back + "?state=s1", await TestBrowser.GoesToAsync(done));
        await done.PageAsync(200);
        Assert.All(host.Grains.Calls, call => Assert.Equal("v:" + visitor, call.Key));
        var login = host.LoginOf();
        Assert.Equal(("ann", eventName, "The News", "news"), (login.UserId.ToString(), login.Event.Name, login.Source.ClientName, login.Source.Project));
        Assert.Equal(new Tracking { Ref = "ref", Tag = "tag", Flow = flow }, login.Tracking);
        Assert.Equal("127.0.0.1", login.Event.Ip);
        Assert.InRange(login.Event.TimeMs!.Value, started, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        Assert.NotNull(login.Event.InsertId);
        Assert.StartsWith(visitor, browser.Cookies["SPID_VISITOR"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnErasedUser_IsToldSo_AndNotToTryAgain()
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);
        await browser.VisitAsync();
        var cookie = browser.Cookies["SPID_VISITOR"];
        host.Grains.Login = (visitor, _) => new LoginResult { Outcome = TrackOutcome.Erased, VisitorId = visitor };

        var page = await browser.GetAsync(SignInHost.Flow("/flow/login", ("cancel_redirect_uri", SignInHost.Cancelled)));
        var told = await (await browser.SubmitAsync(page, ("user_id", "ann-4711"))).PageAsync(403);

        Assert.DoesNotContain("<form", told, StringComparison.Ordinal);
        Assert.DoesNotContain("ann-4711", told, StringComparison.Ordinal);
        Assert.Contains(SignInHost.Cancelled, told, StringComparison.Ordinal);
        Assert.Equal(cookie, browser.Cookies["SPID_VISITOR"]);
    }

    [Fact]
    public async Task SigningIn_GivesTheBrowserASecretThatNobodyHadBefore_AndTheClusterItsDigest()
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);
        await browser.VisitAsync();
        var cookies = new List<string> { browser.Cookies["SPID_VISITOR"] };
        for (var i = 0; i < 2; i++)
        {
            await browser.SubmitAsync(await browser.GetAsync(SignInHost.Flow("/flow/login")), ("user_id", "ann"));
            cookies.Add(browser.Cookies["SPID_VISITOR"]);
        }

        Assert.Equal(3, cookies.Distinct().Count());
        var keys = host.Grains.Calls.Where(call => call.Method == "Login").Select(call => ((LoginRequest)call.Argument!).BrowserKey).ToList();
        Assert.Equal(2, keys.Distinct().Count());
        Assert.DoesNotContain(keys, key => key is null);
        host.Grains.Calls.Clear();
        await browser.VisitAsync();
        Assert.Equal(keys[1], Assert.IsType<BrowserLook>(Assert.Single(host.Grains.Calls, call => call.Method == "GetSession").Argument).Key);
        Assert.All(browser.SetCookies, cookie => Assert.True(cookie.HttpOnly && cookie.SameSite == Microsoft.Net.Http.Headers.SameSiteMode.Lax
            && cookie.Path == "/" && !cookie.Secure, cookie.ToString()));
    }

    [Fact]
    public async Task ASecondPerson_GetsTheRotatedVisitorsCookie()
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);
        await browser.VisitAsync();
        var successor = VisitorId.New();
        host.Grains.Login = (_, _) => new LoginResult { Outcome = TrackOutcome.Stored, VisitorId = successor };

        await browser.SubmitAsync(await browser.GetAsync(SignInHost.Flow("/flow/login")), ("user_id", "bob"));

        Assert.StartsWith(successor + ".", browser.Cookies["SPID_VISITOR"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("forged")]
    [InlineData("7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task WithoutAGenuineVisitorsCookie_AVisitorIsMintedFirst(string? cookie)
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);
        if (cookie is not null) browser.Plant("SPID_VISITOR", cookie);

        await browser.SubmitAsync(await browser.GetAsync(SignInHost.Flow("/flow/login")), ("user_id", "ann"));

        var call = Assert.Single(host.Grains.Calls);
        Assert.NotEqual("v:7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01", call.Key);
        Assert.StartsWith(call.Key[2..] + ".", browser.Cookies["SPID_VISITOR"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheSignupPage_TakesNames()
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);
        var page = await browser.GetAsync(SignInHost.Flow("/flow/signup"));

        var refused = await browser.SubmitAsync(page, ("user_id", "ann"), ("given_name", new string('a', 256)));
        await browser.SubmitAsync(page, ("user_id", "ann"), ("given_name", "Ann"), ("family_name", "Ås"));

        Assert.Contains("role=\"alert\"", await refused.PageAsync(400), StringComparison.Ordinal);
        Assert.Equal(new UserProfile { GivenName = "Ann", FamilyName = "Ås" }, host.LoginOf().Profile);
    }

    [Theory]
    [InlineData("")]
    [InlineData("anonymous")]
    [InlineData("$device:x")]
    [InlineData("a\u0001b")]
    public async Task AUserIdThatIsNone_IsAskedForAgain(string userId)
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);

        var again = await browser.SubmitAsync(await browser.GetAsync(SignInHost.Flow("/flow/login")), ("user_id", userId));

        Assert.Contains("role=\"alert\"", await again.PageAsync(400), StringComparison.Ordinal);
        Assert.Empty(host.Grains.Calls);
        await (await browser.SubmitAsync(again, ("user_id", "ann"))).PageAsync(200);
    }

    [Fact]
    public async Task ARegistration_ThatBegins_IsAnEventOfTheVisitor_AndALoginThatBeginsIsNone()
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);
        var visitor = await browser.VisitAsync();
        host.Grains.Calls.Clear();

        await browser.GetAsync(SignInHost.Flow("/flow/login"));
        await browser.SendHeadAsync(SignInHost.Flow("/flow/signup"));
        await browser.GetAsync(SignInHost.Flow("/flow/signup", ("redirect_uri", "https://evil.test/")));
        await browser.GetAsync(SignInHost.Flow("/flow/signup"), ("Sec-Purpose", "prefetch"));
        Assert.Empty(host.Grains.Calls);
        await browser.GetAsync(SignInHost.Flow("/flow/signup", ("tracking_ref", "r"), ("tag", "t")), ("User-Agent", "Test browser"));

        var call = Assert.Single(host.Grains.Calls);
        var started = Assert.Single(call.Events);
        Assert.Equal(("v:" + visitor, "Track", "Signup started", true), (call.Key, call.Method, started.Name, call.FromBrowser));
        Assert.Equal(("127.0.0.1", "Test browser"), (started.Ip, started.UserAgent));
        Assert.Equal("""{"Tracking ref":"r","Tracking tag":"t","Flow":"signup"}""", Encoding.UTF8.GetString(started.Properties.Span));
        Assert.NotNull(call.BrowserKey);
        Assert.NotNull(started.InsertId);
    }

    [Theory]
    [InlineData("/flow/login", "user_id", "null", "Login failed")]
    [InlineData("/flow/signup", "user_id", "null", "Signup failed")]
    [InlineData("/flow/signup", "given_name", "\u0001", "Signup failed")]
    public async Task WhatASignInFailsOf_IsAnEventOfTheVisitor(string path, string field, string value, string expected)
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);
        var visitor = await browser.VisitAsync();
        var page = await browser.GetAsync(SignInHost.Flow(path));
        host.Grains.Calls.Clear();

        await (await browser.SubmitAsync(page, ("user_id", "ann"), (field, value))).PageAsync(400);

        var call = Assert.Single(host.Grains.Calls);
        Assert.Equal(("v:" + visitor, expected), (call.Key, Assert.Single(call.Events).Name));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnEventThatCannotBeWrittenDown_TurnsNobodyAway(bool isAbsent)
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);
        await browser.VisitAsync();
        host.Grains.Track = _ => isAbsent ? throw new TimeoutException() : TrackOutcome.LaneFull;

        var page = await browser.GetAsync(SignInHost.Flow("/flow/signup"));
        await page.PageAsync(200);
        var again = await browser.SubmitAsync(page, ("user_id", "null"));
        await again.PageAsync(400);
        await (await browser.SubmitAsync(again, ("user_id", "ann"))).PageAsync(200);
    }

    [Theory]
    [InlineData("/flow/login")]
    [InlineData("/flow/signup")]
    public async Task ALinkChecker_IsAnsweredAsABrowserWithoutTheBody(string path)
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);

        var good = await browser.SendHeadAsync(SignInHost.Flow(path));
        var bad = await browser.SendHeadAsync(SignInHost.Flow(path, ("redirect_uri", "https://evil.test/")));

        Assert.Equal((200, 400), ((int)good.StatusCode, (int)bad.StatusCode));
        Assert.Empty(await good.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Cancelling_LeadsToTheRegisteredAddress()
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);

        var own = await (await browser.GetAsync(SignInHost.Flow("/flow/login", ("cancel_redirect_uri", SignInHost.Cancelled), ("state", "s")))).PageAsync(200);
        var signup = await (await browser.GetAsync(SignInHost.Flow("/flow/signup", ("cancel_redirect_uri", SignInHost.Cancelled)))).PageAsync(200);
        var none = await (await browser.GetAsync(SignInHost.Flow("/flow/login", ("state", "s")))).PageAsync(200);

        Assert.Contains($"<a href=\"{SignInHost.Cancelled}?spid_page=login&amp;state=s\">", own, StringComparison.Ordinal);
        Assert.Contains($"<a href=\"{SignInHost.Cancelled}?spid_page=signup\">", signup, StringComparison.Ordinal);
        Assert.Contains($"<a href=\"{SignInHost.Back}?error=access_denied&amp;state=s\">", none, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFormThatIsNotOursInThisBrowser_SignsNobodyIn()
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);
        using var attacker = new TestBrowser(host.Origin);
        var url = SignInHost.Flow("/flow/login");
        var (_, own) = TestBrowser.FormOf(await (await browser.GetAsync(url)).PageAsync(200));
        var (_, attackers) = TestBrowser.FormOf(await (await attacker.GetAsync(url)).PageAsync(200));
        var (_, logouts) = TestBrowser.FormOf(await (await browser.GetAsync(SignInHost.Flow("/logout"))).PageAsync(200));
        var token = own["form_token"];

        foreach (var (fields, headers) in new (Dictionary<string, string>, (string, string)[])[]
        {
            (new() { ["user_id"] = "eve" }, []),
            (new() { ["user_id"] = "eve", ["form_token"] = "" }, []),
            (new() { ["user_id"] = "eve", ["form_token"] = token[..^1] + (token[^1] == 'A' ? 'B' : 'A') }, []),
            (new(attackers) { ["user_id"] = "eve" }, []),
            (new(logouts) { ["user_id"] = "eve" }, []),
            (new(own) { ["user_id"] = "eve" }, [("Origin", "https://evil.test")]),
            (new(own) { ["user_id"] = "eve" }, [("Origin", "null")]),
            (new(own) { ["user_id"] = "eve" }, [("Sec-Fetch-Site", "cross-site")]),
            (new(own) { ["user_id"] = "eve" }, [("Sec-Fetch-Site", "same-site")]),
            (new(own) { ["user_id"] = "eve" }, [("Cookie", "SPID_FORM=")]),
        })
        {
            var answer = await browser.PostAsync(url, fields, headers);
            Assert.Contains("start again", await answer.PageAsync(400), StringComparison.OrdinalIgnoreCase);
        }

        Assert.Empty(host.Grains.Calls);
        await (await browser.PostAsync(url, new(own) { ["user_id"] = "ann" })).PageAsync(200);
        Assert.Single(host.Grains.Calls, call => call.Method == "Login");
    }

    [Fact]
    public async Task ALoginThatTheClusterDidNotConfirm_IsTheSameLoginWhenThePersonTriesAgain()
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);
        host.Grains.Login = (visitor, _) => new LoginResult { Outcome = TrackOutcome.Unavailable, VisitorId = visitor };

        var first = await browser.SubmitAsync(await browser.GetAsync(SignInHost.Flow("/flow/signup", ("state", "s"))), ("user_id", "ann"), ("given_name", "Ann"));
        await first.PageAsync(503);
        Assert.True(first.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        host.Grains.Login = (_, _) => throw new TimeoutException("Login of u:ann");
        var second = await browser.SubmitAsync(first);
        await second.PageAsync(503);
        host.Grains.Login = (visitor, _) => new LoginResult { Outcome = TrackOutcome.Stored, VisitorId = visitor };
        var third = await browser.SubmitAsync(second);

        Assert.Equal(SignInHost.Back + "?state=s", await TestBrowser.GoesToAsync(third));
        var calls = host.Grains.Calls.Where(call => call.Method == "Login").ToList();
        Assert.Equal(3, calls.Count);
        Assert.Single(calls.Select(call => call.Key).Distinct());
        var logins = calls.Select(call => (LoginRequest)call.Argument!).ToList();
        Assert.Single(logins.Select(login => (login.UserId, login.Event.Name, login.Event.TimeMs, login.Event.InsertId, login.BrowserKey, login.Profile)).Distinct());
        Assert.Equal("Ann", logins[2].Profile!.GivenName);
    }

    [Fact]
    public async Task ATicketForTryingAgain_IsGoodForThisBrowserThisFlowAndTenMinutes()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var host = await SignInHost.StartAsync(services => services.AddSingleton<TimeProvider>(clock));
        using var browser = new TestBrowser(host.Origin);
        using var other = new TestBrowser(host.Origin);
        host.Grains.Login = (visitor, _) => new LoginResult { Outcome = TrackOutcome.Unavailable, VisitorId = visitor };
        var page = await browser.SubmitAsync(await browser.GetAsync(SignInHost.Flow("/flow/login")), ("user_id", "ann"));
        var (action, fields) = TestBrowser.FormOf(await page.PageAsync(503));
        var ticket = fields["ticket"];
        var signup = TestBrowser.FormOf(await (await browser.GetAsync(SignInHost.Flow("/flow/signup"))).PageAsync(200)).Hidden["form_token"];
        host.Grains.Calls.Clear();

        await (await other.PostAsync(action, fields)).PageAsync(400);
        await (await browser.PostAsync(SignInHost.Flow("/flow/signup"), new(fields) { ["form_token"] = signup })).PageAsync(400);
        foreach (var tampered in new[] { ticket[1..], ticket[..^4], Altered(ticket, 0), Altered(ticket, 40), "x", "!!" })
            await (await browser.PostAsync(action, new(fields) { ["ticket"] = tampered })).PageAsync(400);
        Assert.Empty(host.Grains.Calls);

        host.Grains.Login = (visitor, _) => new LoginResult { Outcome = TrackOutcome.Stored, VisitorId = visitor };
        clock.Advance(TimeSpan.FromMinutes(9));
        await (await browser.PostAsync(action, fields)).PageAsync(200);
        clock.Advance(TimeSpan.FromMinutes(2));
        await (await browser.PostAsync(action, fields)).PageAsync(400);
        Assert.Single(host.Grains.Calls, call => call.Method == "Login");
    }

    private static string Altered(string text, int at) => text[..at] + (text[at] == 'A' ? 'B' : 'A') + text[(at + 1)..];

    [Theory]
    [InlineData("Sec-Fetch-Dest", "iframe")]
    [InlineData("Sec-Fetch-Dest", "image")]
    [InlineData("Sec-Fetch-Dest", "script")]
    [InlineData("Sec-Fetch-Mode", "cors")]
    [InlineData("Sec-Purpose", "prefetch;prerender")]
    public async Task WhoeverDoesNotComeAsAPage_IsRefused(string header, string value)
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);

        foreach (var path in new[] { "/flow/login", "/flow/signup", "/logout" })
            await (await browser.GetAsync(SignInHost.Flow(path), (header, value), ("Referer", WebHostFixture.PageOrigin + "/"))).ProblemAsync(403);
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task BeyondLoopback_ThereIsNoPageThatSignsInAnybody()
    {
        await using var host = await WebHostFixture.StartHostAsync(isFacade: false, SignInHost.Addresses, isReachable: true);
        using var browser = new TestBrowser(host.Origin);

        foreach (var path in new[] { "/flow/login", "/flow/signup", "/signin-oidc" })
        {
            var problem = await (await browser.GetAsync(SignInHost.Flow(path))).ProblemAsync(501);
            Assert.Contains("Identity:Authority", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        foreach (var path in new[] { "/flow/login", "/flow/signup" })
            await (await browser.PostAsync(SignInHost.Flow(path), new() { ["user_id"] = "ann" })).ProblemAsync(501);
        Assert.Empty(host.Grains.Calls);
        await (await browser.GetAsync(SignInHost.Flow("/logout"))).PageAsync(200);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "192.0.2.1")]
    [InlineData("Forwarded", "for=192.0.2.1")]
    [InlineData("Host", "id.news.test")]
    public async Task OnLoopback_ThePageIsForThisMachineOnly(string header, string value)
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);
        var (_, fields) = TestBrowser.FormOf(await (await browser.GetAsync(SignInHost.Flow("/flow/login"))).PageAsync(200));
        fields["user_id"] = "ann";

        await (await browser.GetAsync(SignInHost.Flow("/flow/login"), (header, value))).ProblemAsync(501);
        await (await browser.PostAsync(SignInHost.Flow("/flow/login"), fields, (header, value))).ProblemAsync(501);
        Assert.Empty(host.Grains.Calls);
    }
}
