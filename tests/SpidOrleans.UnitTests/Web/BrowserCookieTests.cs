using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Browser;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

/// <summary>Which cookie a browser has after which answer, and which keys it may be signed under.</summary>
public class BrowserCookieTests
{
    private const string New = "a new key of more than 32 characters";
    private const string Old = "an old key of more than 32 characters";

    [Fact]
    public async Task ARecognisedBrowser_KeepsItsSecretAndGetsTheCookieAnewOnceAWeek()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var host = await WebHostFixture.StartHostAsync(isFacade: false, configure: services => services.AddSingleton<TimeProvider>(clock));
        var (header, _) = await SessionApiTests.VisitAsync(host);
        await using var browser = new BrowserHost(host, header.Value["SPID_VISITOR=".Length..]);

        // An answer that comes late must not undo the cookie that a login has set since.
        Assert.Null((await browser.ScriptAsync("/rpc/hasSession.js")).SetCookie());
        clock.Advance(TimeSpan.FromDays(7));
        var anew = (await browser.ScriptAsync("/rpc/hasSession.js")).VisitorCookie()!;
        Assert.Equal((browser.Visitor.ToString(), Secret(browser.Cookie)), (anew[..36], Secret(anew)));
        Assert.Null((await browser.ScriptAsync("/rpc/hasSession.js", shown: anew)).SetCookie());
    }

    [Fact]
    public async Task ARenewedBrowser_GetsTheSecretThatTheGrainKnows()
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.Grains.Session = visitor => new VisitorSession { VisitorId = visitor, Recognition = Recognition.Renewed };

        var cookie = (await browser.ScriptAsync("/rpc/hasSession.js")).VisitorCookie()!;

        var look = Assert.IsType<BrowserLook>(Assert.Single(browser.Grains.Calls).Argument);
        Assert.NotEqual(browser.Cookie, cookie);
        Assert.Equal((look.NextKey, look.Key), (Secret(cookie), Secret(browser.Cookie)));
    }

    [Fact]
    public async Task AnOldCopy_GetsNoCookieOfTheSuccessor()
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.Grains.Session = _ => new VisitorSession { VisitorId = VisitorId.New(), Recognition = Recognition.Stranger };

        Assert.Null((await browser.ScriptAsync("/rpc/hasSession.js")).SetCookie());
    }

    [Fact]
    public async Task ACookieWithoutASecret_ProvesNothing()
    {
        await using var browser = await BrowserHost.StartAsync(("Session:SigningKey", New));
        var id = browser.Visitor.ToString();
        var signed = Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(New), Encoding.ASCII.GetBytes($"SPID_VISITOR:{id}")));

        var cookie = (await browser.ScriptAsync("/rpc/hasSession.js", shown: $"{id}.{signed}")).VisitorCookie()!;

        Assert.NotEqual(id, cookie[..36]);
        Assert.Empty(browser.Grains.Calls);
    }

    [Theory]
    [InlineData(Recognition.Stranger)]
    [InlineData(Recognition.Twin)]
    public async Task AnOldCopyOfThePresentVisitor_OverwritesNothing(Recognition recognition)
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.Grains.Session = visitor => new VisitorSession { VisitorId = visitor, Recognition = recognition };

        Assert.Null((await browser.ScriptAsync("/rpc/hasSession.js")).SetCookie());
    }

    [Fact]
    public async Task ATwin_IsToldToAskAgainAndThenThatItIsAnonymous()
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.Grains.Session = visitor => new VisitorSession { VisitorId = visitor, Recognition = Recognition.Twin };

        Assert.Equal("LoginException", (await (await browser.ScriptAsync("/rpc/hasSession.js")).ScriptAsync()).GetProperty("error").GetProperty("type").GetString());
        Assert.Equal("UserException", (await (await browser.ScriptAsync("/ajax/hasSession.js")).ScriptAsync()).GetProperty("error").GetProperty("type").GetString());
    }

    [Fact]
    public async Task ALostBrowser_StartsAfresh()
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.Grains.Session = visitor => new VisitorSession { VisitorId = visitor, Recognition = Recognition.Lost };

        var response = await browser.ScriptAsync("/rpc/hasSession.js");

        var uid = (await response.ScriptAsync()).GetProperty("response").GetProperty("visitor").GetProperty("uid").GetString()!;
        Assert.NotEqual(browser.Visitor.ToString(), uid);
        Assert.StartsWith(uid + ".", response.VisitorCookie(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/rpc/hasSession.js", "", "LoginException", false)]
    [InlineData("/rpc/hasSession.js", "&autologin=1", "LoginException", false)]
    [InlineData("/rpc/hasSession.js", "&autologin=0", "UserException", false)]
    [InlineData("/ajax/hasSession.js", "", "UserException", false)]
    [InlineData("/ajax/hasSession.js", "&autologin=1", "UserException", true)]
    [InlineData("/ajax/hasproduct.js", "&autologin=1", "UserException", false)]
    public async Task ARememberedPerson_IsSignedInByTheCoreAlone(string path, string more, string type, bool restores)
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn("7", isRestorable: true);

        var answer = await (await browser.ScriptAsync(path, "&product_id=1042" + more)).ScriptAsync();

        Assert.Equal(type, answer.GetProperty("error").GetProperty("type").GetString());
        // Whoever uses the browser now is not told who did before.
        Assert.Equal(["uid"], answer.GetProperty("response").GetProperty("visitor").EnumerateObject().Select(field => field.Name));
        Assert.Equal(restores, ((BrowserLook)Assert.Single(browser.Grains.Calls).Argument!).Restoration is not null);
    }

    [Fact]
    public async Task AFormerKey_StillProvesTheVisitorWhoseCookieIsThenSignedByTheNewest()
    {
        await using var before = await BrowserHost.StartAsync(("Session:SigningKey", Old));
        await using var after = await BrowserHost.StartAsync(("Session:SigningKey", New), ("Session:FormerSigningKeys:0", Old));
        await using var later = await BrowserHost.StartAsync(("Session:SigningKey", New));

        var signedAnew = (await after.ScriptAsync("/rpc/hasSession.js", shown: before.Cookie)).VisitorCookie()!;

        Assert.Equal(before.Visitor.ToString(), signedAnew[..36]);
        Assert.NotEqual(before.Cookie, signedAnew);
        Assert.Null((await later.ScriptAsync("/rpc/hasSession.js", shown: signedAnew)).SetCookie());
        Assert.NotEqual(before.Visitor.ToString(), (await later.ScriptAsync("/rpc/hasSession.js", shown: before.Cookie)).VisitorCookie()![..36]);
    }

    [Fact]
    public async Task TheCookie_IsTheIdASecretAndTheirMac()
    {
        await using var browser = await BrowserHost.StartAsync(("Session:SigningKey", New));

        var parts = browser.Cookie.Split('.');

        Assert.Equal(16 + 2, Base64Url.DecodeFromChars(parts[1]).Length);
        Assert.Equal(Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(New), Encoding.ASCII.GetBytes($"SPID_VISITOR:{parts[0]}.{parts[1]}"))), parts[2]);
    }

    [Fact]
    public async Task PartsOfTwoCookies_AreNoCookie()
    {
        await using var one = await BrowserHost.StartAsync(("Session:SigningKey", New));
        await using var two = await BrowserHost.StartAsync(("Session:SigningKey", New));
        var (a, b) = (one.Cookie.Split('.'), two.Cookie.Split('.'));

        foreach (var forged in new[] { $"{a[0]}.{b[1]}.{a[2]}", $"{a[0]}.{a[1]}.{b[2]}", $"{b[0]}.{a[1]}.{a[2]}", $"{a[0]}.{a[2]}", $"{a[0]}..{a[2]}", $"{a[0]}.{a[1]}.{a[1]}.{a[2]}" })
        {
            var cookie = (await one.ScriptAsync("/rpc/hasSession.js", shown: forged)).VisitorCookie()!;
            Assert.DoesNotContain(cookie[..36], new[] { a[0], b[0] });
        }

        Assert.Empty(one.Grains.Calls);
    }

    [Fact]
    public async Task ASignature_ExpiresWithTheAnswerAndLeavesOutTheSpId()
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn("7");

        var answer = await (await browser.ScriptAsync("/rpc/hasSession.js")).ScriptAsync();

        Assert.True(SignedText.TryVerify(["news-sign-secret"u8.ToArray()], answer.GetProperty("sig").GetString(), out var payload));
        Assert.Equal(answer.GetProperty("serverTime").GetInt64() + answer.GetProperty("expiresIn").GetInt64(), payload.Value.GetProperty("exp").GetInt64());
        Assert.InRange(answer.GetProperty("expiresIn").GetInt32(), 1, 300);
        Assert.True(answer.TryGetProperty("sp_id", out _));
        Assert.Equal(
            answer.EnumerateObject().Select(field => field.Name).Where(name => name is not ("sp_id" or "sig")).Concat(["algorithm", "aud", "exp"]),
            payload.Value.EnumerateObject().Select(field => field.Name));
    }

    [Fact]
    public async Task AnewSignSecret_Signs()
    {
        await using var browser = await BrowserHost.StartAsync(("Clients:news:SignSecret", "newest"), ("Clients:news:FormerSignSecrets:0", "news-sign-secret"));
        browser.SignIn("7");

        var sig = (await (await browser.ScriptAsync("/rpc/hasSession.js")).ScriptAsync()).GetProperty("sig").GetString();

        Assert.True(SignedText.TryVerify(["newest"u8.ToArray()], sig, out _));
        Assert.False(SignedText.TryVerify(["news-sign-secret"u8.ToArray()], sig, out _));
    }

    [Fact]
    public async Task ALogin_InTheBrowserItself_IsBoundToASecretThatOnlyItsAnswerCarries()
    {
        await using var host = await WebHostFixture.StartDemoAsync();
        var first = await host.BrowseAsync(HttpMethod.Get, $"/rpc/hasSession.js?client_id=demo&redirect_uri={host.Origin}/&callback=f1", null,
            ("Referer", host.Origin + "/"));
        var planted = first.VisitorCookie()!;

        async Task<(LoginRequest Request, string Visitor, string Cookie)> LoginAsync()
        {
            host.Grains.Calls.Clear();
            var response = await host.BrowseAsync(HttpMethod.Post, "/demo/login", new StringContent("""{"userId":"ann"}""", Encoding.UTF8, "application/json"),
                ("Cookie", "SPID_VISITOR=" + planted), ("Origin", host.Origin));
            var call = host.Grains.Calls.Single(call => call.Method == "Login");
            return (Assert.IsType<LoginRequest>(call.Argument), call.Key, response.VisitorCookie()!);
        }

        var own = await LoginAsync();
        Assert.Equal("v:" + planted[..36], own.Visitor);
        Assert.NotEqual(planted, own.Cookie);
        Assert.Equal(own.Request.BrowserKey, Secret(own.Cookie));

        // An old copy of the cookie signs in too, but not as the visitor whose browser has moved on.
        host.Grains.Session = visitor => new VisitorSession { VisitorId = visitor, Recognition = Recognition.Stranger };
        var copy = await LoginAsync();
        Assert.NotEqual("v:" + planted[..36], copy.Visitor);
    }

    /// <summary>What the cluster knows of the secret in a cookie.</summary>
    private static KeyDigest Secret(string cookie) => KeyDigest.Of(Base64Url.DecodeFromChars(cookie.Split('.')[1]).AsSpan(0, 16));
}
