using System.Text;
using System.Text.Json;
using Microsoft.Playwright;
using SpidOrleans.BrowserTests.Browsing;

namespace SpidOrleans.BrowserTests.Acceptance;

/// <summary>The SPiD SDKs 1.7 and 2.6 at the real host: what their requests bring about in a browser.</summary>
[Collection(ChromiumTests.Name)]
public sealed class OldSdkTests(ChromiumFixture chromium, NewsDomain domain) : IClassFixture<NewsDomain>, IAsyncLifetime
{
    private const string Anna = "1844813";

    private IBrowserContext _profile = null!;
    private IPage _page = null!;

    public async ValueTask InitializeAsync()
    {
        _profile = await chromium.OpenProfileAsync(new BrowserNewContextOptions { IgnoreHTTPSErrors = true });
        _page = await OpenAsync(_profile);
        domain.Forget();
    }

    [Fact]
    public async Task Two_Anonymous_IsAVisitorThatStaysAcrossPagesButNotProfiles()
    {
        var first = await HasSessionAsync();

        Assert.Equal(["SPiD.error", "SPiD.visitor", "SPiD.notLoggedin", "SPiD.statusChange"], Events(first));
        Assert.Equal("UserException", first.GetProperty("error").GetProperty("type").GetString());
        Assert.False(first.GetProperty("answer").GetProperty("result").GetBoolean());
        Assert.False(first.GetProperty("answer").GetProperty("visitor").TryGetProperty("user_id", out _));
        Assert.Equal(["session.id.news.test/rpc/hasSession.js"], domain.Requests);

        await LoadAsync(_page);
        Assert.Equal(Uid(first), Uid(await HasSessionAsync()));
        await using var other = await chromium.OpenProfileAsync(new BrowserNewContextOptions { IgnoreHTTPSErrors = true });
        Assert.NotEqual(Uid(first), Uid(await HasSessionAsync(await OpenAsync(other))));
    }

    [Fact]
    public async Task TheCookie_IsHiddenFromScriptsAndSharedBelowTheDomain()
    {
        await HasSessionAsync();

        var cookie = Assert.Single(await _profile.CookiesAsync(), cookie => cookie.Name == "SPID_VISITOR");
        Assert.Equal((true, true, SameSiteAttribute.Lax, ".news.test", "/"), (cookie.HttpOnly, cookie.Secure, cookie.SameSite, cookie.Domain, cookie.Path));
        Assert.DoesNotContain("SPID_VISITOR", await _page.EvaluateAsync<string>("() => document.cookie"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("login", "Login")]
    [InlineData("registration", "Signup completed")]
    public async Task Two_AfterASignIn_IsTheUserUnderASignatureThatTheSiteCanCheck(string how, string eventName)
    {
        var uid = Uid(await HasSessionAsync());
        await domain.SignInAsync(uid, Anna, how);

        var session = await HasSessionAsync();

        Assert.Equal(["SPiD.visitor", "SPiD.login", "SPiD.sessionChange", "SPiD.sessionInit", "SPiD.statusChange"], Events(session));
        var answer = session.GetProperty("answer");
        Assert.Equal((long.Parse(Anna), Anna, uid), (answer.GetProperty("userId").GetInt64(), answer.GetProperty("visitor").GetProperty("user_id").GetString(), Uid(session)));
        var payload = await VerifyAsync(answer.GetProperty("sig").GetString()!);
        Assert.Equal((long.Parse(Anna), "news"), (payload.GetProperty("userId").GetInt64(), payload.GetProperty("aud").GetString()));
        var link = await domain.WaitForArrivalAsync(arrival => arrival.DeviceId == uid);
        Assert.Equal((eventName, Anna), (link.Event, link.UserId));
    }

    [Fact]
    public async Task Two_AfterALoginException_AsksTheCoreOnce()
    {
        await domain.SignInAsync(Uid(await HasSessionAsync()), Anna);
        domain.Forget();
        SendToCore();

        var session = await HasSessionAsync();

        Assert.Equal(["SPiD.loginException", "SPiD.visitor", "SPiD.login", "SPiD.sessionChange", "SPiD.sessionInit", "SPiD.statusChange"], Events(session));
        Assert.Equal(["session.id.news.test/rpc/hasSession.js", "id.news.test/ajax/hasSession.js"], domain.Requests);
    }

    [Fact]
    public async Task Two_UnderAnErrorStatus_LosesTheAnswer()
    {
        domain.Meddling["/rpc/hasSession.js"] = body => (401, body);

        Assert.Equal(503, (await HasSessionAsync()).GetProperty("error").GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task Two_WithoutTheCluster_AsksTheCore()
    {
        await CallAsync("two", "hasSession", _page, useSessionCluster: false);

        Assert.Equal(["id.news.test/ajax/hasSession.js"], domain.Requests);
    }

    [Fact]
    public async Task Two_Products_AreWhatTheUserHas()
    {
        await domain.SignInAsync(Uid(await HasSessionAsync()), Anna);
        var uuid = (await HasSessionAsync()).GetProperty("answer").GetProperty("uuid").GetString();
        async Task<(bool, string?)> AskAsync(string method, string id)
        {
            var answer = (await CallAsync("two", method, _page, argument: id)).GetProperty("answer");
            return (answer.GetProperty("result").GetBoolean(), answer.GetProperty("uuid").GetString());
        }

        Assert.Equal((true, uuid), await AskAsync("hasProduct", "1042"));
        Assert.Equal((false, uuid), await AskAsync("hasProduct", "1043"));
        Assert.Equal((true, uuid), await AskAsync("hasSubscription", "2000"));
        Assert.Equal((false, uuid), await AskAsync("hasSubscription", "1042"));
    }

    [Fact]
    public async Task Two_Logout_EndsTheSessionOnTheServerAndItsSpId()
    {
        var uid = Uid(await HasSessionAsync());
        await domain.SignInAsync(uid, Anna);
        var spId = (await HasSessionAsync(setVarnishCookie: true)).GetProperty("answer").GetProperty("sp_id").GetString()!;
        var spCookie = Assert.Single(await _profile.CookiesAsync(), cookie => cookie.Name == "SP_ID");
        Assert.Equal((".news.test", spId), (spCookie.Domain, spCookie.Value));
        var old = (await _profile.CookiesAsync()).Single(cookie => cookie.Name == "SPID_VISITOR");
        Assert.True((await CallAsync("two", "hasProduct", _page, argument: "1042", spId: spId)).GetProperty("answer").GetProperty("result").GetBoolean());

        Assert.True((await CallAsync("two", "logout", _page)).GetProperty("answer").GetProperty("result").GetBoolean());

        Assert.NotEqual(uid, Uid(await HasSessionAsync()));
        Assert.Equal(401, (await CallAsync("two", "hasProduct", _page, argument: "1042", spId: spId)).GetProperty("error").GetProperty("code").GetInt32());
        await using var thief = await chromium.OpenProfileAsync(new BrowserNewContextOptions { IgnoreHTTPSErrors = true });
        await thief.AddCookiesAsync([new Cookie { Name = old.Name, Value = old.Value, Domain = old.Domain, Path = "/", Secure = true, HttpOnly = true }]);
        Assert.False((await HasSessionAsync(await OpenAsync(thief))).GetProperty("answer").TryGetProperty("userId", out _));
        // What is in addresses and cookies is not in the log.
        foreach (var word in new[] { spId, uid, old.Value }) Assert.DoesNotContain(word, domain.Silo.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_AnotherPersonsLogin_IsAUserChangeUnderANewVisitor()
    {
        var uid = Uid(await HasSessionAsync());
        await domain.SignInAsync(uid, Anna);
        await _page.EvaluateAsync("config => { window.same = window.two(config); return window.same.hasSession(); }", Config());
        await domain.SignInAsync(uid, "42");

        var session = await _page.EvaluateAsync<JsonElement>("() => window.same.hasSession()");

        Assert.Equal(["SPiD.visitor", "SPiD.login", "SPiD.userChange", "SPiD.sessionChange"], Events(session));
        Assert.NotEqual(uid, Uid(session));
        Assert.Equal("42", session.GetProperty("answer").GetProperty("visitor").GetProperty("user_id").GetString());
    }

    [Fact]
    public async Task Two_AnAcceptedAgreement_IsTold()
    {
        await domain.SignInAsync(Uid(await HasSessionAsync()), "agreeing-" + Guid.NewGuid().ToString("N"));
        Assert.False((await HasSessionAsync()).GetProperty("answer").GetProperty("clientAgreementAccepted").GetBoolean());

        await CallAsync("two", "acceptAgreement", _page);

        Assert.True((await HasSessionAsync()).GetProperty("answer").GetProperty("clientAgreementAccepted").GetBoolean());
    }

    [Fact]
    public async Task One_FiresItsEventsInOrderAndLogsOutWithoutACallback()
    {
        var anonymous = await CallAsync("one", "getLoginStatus", _page);
        Assert.Equal(["auth.visitor", "VGS.error", "auth.notLoggedin", "auth.sessionChange"], Events(anonymous));
        await domain.SignInAsync(anonymous.GetProperty("data").GetProperty("response").GetProperty("visitor").GetProperty("uid").GetString()!, Anna);

        Assert.Equal(["auth.visitor", "auth.statusChange", "auth.login", "auth.sessionChange", "auth.sessionInit"], Events(await CallAsync("one", "getLoginStatus", _page)));
        Assert.True((await CallAsync("one", "hasProduct", _page, argument: "1042")).GetProperty("result").GetBoolean());
        await CallAsync("one", "logout", _page);
        Assert.Equal(["auth.visitor", "VGS.error", "auth.notLoggedin", "auth.sessionChange"], Events(await CallAsync("one", "getLoginStatus", _page)));
    }

    [Fact]
    public async Task One_AfterALoginException_AsksTheCoreOnce()
    {
        await domain.SignInAsync(Uid(await HasSessionAsync()), Anna);
        domain.Forget();
        SendToCore();

        Assert.Equal(
            ["VGS.loginException", "auth.visitor", "auth.statusChange", "auth.login", "auth.sessionChange", "auth.sessionInit"],
            Events(await CallAsync("one", "getLoginStatus", _page)));
        Assert.Equal(["session.id.news.test/rpc/hasSession.js", "id.news.test/ajax/hasSession.js"], domain.Requests);
    }

    [Theory]
    [InlineData("www.evil.test")]
    [InlineData("neighbour.news.test")]
    public async Task AnotherSitesPage_LearnsNothingAndCannotLogAnybodyOut(string host)
    {
        var uid = Uid(await HasSessionAsync());
        await domain.SignInAsync(uid, Anna);
        await HasSessionAsync();
        var evil = await _profile.NewPageAsync();
        await evil.GotoAsync(domain.Origin(host) + "/page");

        foreach (var method in new[] { "hasSession", "logout", "acceptAgreement" })
        {
            var told = (await CallAsync("two", method, evil)).ToString();
            Assert.DoesNotContain(uid, told, StringComparison.Ordinal);
            Assert.DoesNotContain(Anna, told, StringComparison.Ordinal);
        }

        var session = await HasSessionAsync();
        Assert.Equal((uid, true), (Uid(session), session.GetProperty("answer").GetProperty("result").GetBoolean()));
    }

    [Theory]
    [InlineData("nobody", "www.news.test")]
    [InlineData("news", "www.evil.test")]
    public async Task AnUnknownClientOrAForeignAddress_LearnsNothing(string client, string host)
    {
        var uid = Uid(await HasSessionAsync());
        await domain.SignInAsync(uid, Anna);
        foreach (var script in new[] { "/rpc/hasSession.js", "/ajax/hasSession.js", "/ajax/hasproduct.js" })
        {
            var told = await _page.EvaluateAsync<string>(
                """
                url => new Promise((resolve, reject) => {
                  SPiD.Talk.response = (id, answer) => resolve(JSON.stringify(answer));
                  const script = document.createElement('script');
                  script.onerror = reject;
                  script.src = url;
                  document.head.appendChild(script);
                })
                """,
                $"{domain.Origin("id.news.test")}{script}?autologin=1&product_id=1042&callback=f1&client_id={client}"
                + $"&redirect_uri={Uri.EscapeDataString(domain.Origin(host) + "/page")}");

            Assert.Contains("UserException", told, StringComparison.Ordinal);
            Assert.DoesNotContain(uid, told, StringComparison.Ordinal);
            Assert.DoesNotContain(Anna, told, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AHostileCallback_RunsNothing()
    {
        foreach (var callback in new[] { "alert(1)//", "x\"]=alert(1)//", "a\u2028alert(1)", new string('a', 5_000), "" })
        {
            var isLoaded = await _page.EvaluateAsync<bool>(
                """
                url => new Promise(resolve => {
                  window.alert = () => { window.isAlerted = true; };
                  const script = document.createElement('script');
                  script.onload = () => resolve(true);
                  script.onerror = () => resolve(false);
                  script.src = url;
                  document.head.appendChild(script);
                })
                """,
                $"{domain.Origin("id.news.test")}/rpc/hasSession.js?client_id=news&redirect_uri=x&callback={Uri.EscapeDataString(callback)}");

            Assert.False(isLoaded);
            Assert.False(await _page.EvaluateAsync<bool>("() => !!window.isAlerted"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        domain.Meddling.Clear();
        if (_profile is not null) await _profile.DisposeAsync();
    }

    /// <summary>Puts a LoginException in place of the cluster's next answer.</summary>
    private void SendToCore() => domain.Meddling["/rpc/hasSession.js"] = body => (200, Encoding.UTF8.GetBytes(System.Text.RegularExpressions.Regex.Replace(
        Encoding.UTF8.GetString(body), @"\}\)\(\{.*\}\);", """})({"error":{"code":401,"type":"LoginException","description":"No session found!"},"response":{"result":false}});""",
        System.Text.RegularExpressions.RegexOptions.Singleline)));

    private async Task<IPage> OpenAsync(IBrowserContext profile)
    {
        var page = await profile.NewPageAsync();
        await LoadAsync(page);
        return page;
    }

    private Task<IResponse?> LoadAsync(IPage page) => page.GotoAsync(domain.Origin("www.news.test") + "/page");

    private Task<JsonElement> HasSessionAsync(IPage? page = null, bool setVarnishCookie = false) =>
        CallAsync("two", "hasSession", page ?? _page, setVarnishCookie: setVarnishCookie);

    /// <summary>A call of a freshly initialised SDK of that generation.</summary>
    private Task<JsonElement> CallAsync(string generation, string method, IPage page, string? argument = null, string? spId = null,
        bool useSessionCluster = true, bool setVarnishCookie = false) => page.EvaluateAsync<JsonElement>(
        "({ generation, method, argument, spId, config }) => window[generation](config)[method](argument || undefined, spId || undefined)",
        new { generation, method, argument, spId, config = Config(useSessionCluster, setVarnishCookie) });

    private object Config(bool useSessionCluster = true, bool setVarnishCookie = false) => new
    {
        client = "news",
        core = domain.Origin("id.news.test"),
        cluster = domain.Origin("session.id.news.test"),
        useSessionCluster,
        setVarnishCookie,
    };

    /// <summary>Checks a signature as a site's back end would, with nothing of the product.</summary>
    private static Task<JsonElement> VerifyAsync(string sig)
    {
        var parts = sig.Split('.', 2);
        var mac = System.Security.Cryptography.HMACSHA256.HashData(Encoding.UTF8.GetBytes(NewsDomain.SignSecret), Encoding.ASCII.GetBytes(parts[1]));
        Assert.Equal(System.Buffers.Text.Base64Url.EncodeToString(mac), parts[0]);
        return Task.FromResult(JsonElement.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(parts[1])));
    }

    private static string[] Events(JsonElement result) => [.. result.GetProperty("events").EnumerateArray().Select(name => name.GetString()!)];

    private static string Uid(JsonElement result) => result.GetProperty("answer").GetProperty("visitor").GetProperty("uid").GetString()!;
}
