using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public class SessionApiTests
{
    private const string Query = "?client_id=news&redirect_uri=https%3A%2F%2Fwww.news.test%2Fpage&callback=f12ab";

    private static readonly (string, string) Referer = ("Referer", "https://www.news.test/");

    [Theory]
    [InlineData("/rpc/hasSession.js")]
    [InlineData("/ajax/hasSession.js")]
    public async Task AFirstVisit_MintsAVisitorWithoutAskingAnyGrain(string path)
    {
        await using var host = await WebHostFixture.StartAsync();

        var response = await host.BrowseAsync(HttpMethod.Get, path + Query, null, Referer, ("Host", "id.news.test"));

        var answer = await response.ScriptAsync();
        var uid = answer.GetProperty("response").GetProperty("visitor").GetProperty("uid").GetString();
        Assert.True(VisitorId.TryParse(uid, out _));
        Assert.StartsWith(uid + ".", response.VisitorCookie(), StringComparison.Ordinal);
        Assert.Equal((401, "UserException"), (answer.GetProperty("error").GetProperty("code").GetInt32(), answer.GetProperty("error").GetProperty("type").GetString()));
        Assert.False(answer.GetProperty("response").GetProperty("result").GetBoolean());
        Assert.True(answer.GetProperty("response").GetProperty("serverTimeMs").GetInt64() / 1_000 == answer.GetProperty("response").GetProperty("serverTime").GetInt64());
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task TheCookie_IsGuardedAndLastsAndIsSecureBeyondLoopback()
    {
        await using var host = await WebHostFixture.StartAsync(("Session:CookieDomain", "news.test"));

        var remote = (await host.BrowseAsync(HttpMethod.Get, "/rpc/hasSession.js" + Query, null, Referer, ("Host", "id.news.test"))).SetCookie()!;
        var local = (await host.BrowseAsync(HttpMethod.Get, "/rpc/hasSession.js" + Query, null, Referer)).SetCookie()!;

        foreach (var attribute in new[] { "httponly", "samesite=lax", "path=/", "max-age=34560000", "domain=news.test", "secure" })
            Assert.Contains("; " + attribute, remote, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("secure", local, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task TheScript_SpeaksToBothGenerationsAndCarriesTheHeadersThatBrowsersWant()
    {
        await using var host = await WebHostFixture.StartAsync();

        var response = await host.BrowseAsync(HttpMethod.Get, "/rpc/hasSession.js" + Query, null, Referer);

        var script = await response.Content.ReadAsStringAsync();
        Assert.StartsWith("/**/", script, StringComparison.Ordinal);
        Assert.Contains("""SPiD.Talk.response("f12ab", answer)""", script, StringComparison.Ordinal);
        Assert.Contains("""VGS.callbacks["f12ab"](answer)""", script, StringComparison.Ordinal);
        Assert.Contains("parent.VGS.Ajax.responseReceived()", script, StringComparison.Ordinal);
        Assert.Equal("text/javascript; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(["nosniff"], response.Headers.GetValues("X-Content-Type-Options"));
        Assert.Equal("no-store, private", response.Headers.CacheControl!.ToString());
        Assert.Equal(["same-site"], response.Headers.GetValues("Cross-Origin-Resource-Policy"));
    }

    [Fact]
    public async Task AKnownBrowser_KeepsItsVisitorUntilTheVisitorHasASuccessor()
    {
        await using var host = await WebHostFixture.StartAsync();
        var (cookie, uid) = await VisitAsync(host);

        var kept = await host.BrowseAsync(HttpMethod.Get, "/rpc/hasSession.js" + Query, null, Referer, cookie);
        Assert.Equal(uid, (await kept.ScriptAsync()).GetProperty("response").GetProperty("visitor").GetProperty("uid").GetString());
        Assert.Equal("v:" + uid, host.Grains.Calls.Single().Key);

        var successor = VisitorId.New();
        host.Grains.Session = _ => new VisitorSession { VisitorId = successor };
        var rotated = await host.BrowseAsync(HttpMethod.Get, "/rpc/hasSession.js" + Query, null, Referer, cookie);
        Assert.Equal(successor.ToString(), (await rotated.ScriptAsync()).GetProperty("response").GetProperty("visitor").GetProperty("uid").GetString());
        Assert.StartsWith(successor + ".", rotated.VisitorCookie(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1844813", true)]
    [InlineData("0815", false)]
    [InlineData("12345678901234567890", false)]
    [InlineData("ann", false)]
    public async Task ASignedInBrowser_IsToldItsUserUnderASignature(string userId, bool isNumber)
    {
        await using var host = await WebHostFixture.StartAsync();
        var (cookie, uid) = await VisitAsync(host);
        Assert.True(UserId.TryParse(userId, out var user));
        host.Grains.Session = visitor => new VisitorSession { VisitorId = visitor, UserId = user, ExpiresAt = TimeProvider.System.GetUtcNow().AddMinutes(2) };
        host.Grains.User = new UserDescription { Profile = new UserProfile { DisplayName = "Ann", Gender = "female" } };

        var answer = await (await host.BrowseAsync(HttpMethod.Get, "/rpc/hasSession.js" + Query, null, Referer, cookie)).ScriptAsync();

        Assert.True(answer.GetProperty("result").GetBoolean());
        Assert.Equal("connected", answer.GetProperty("userStatus").GetString());
        Assert.Equal(isNumber ? JsonValueKind.Number : JsonValueKind.String, answer.GetProperty("userId").ValueKind);
        Assert.Equal(userId, answer.GetProperty("userId").ToString());
        Assert.Equal((uid, userId), (answer.GetProperty("visitor").GetProperty("uid").GetString(), answer.GetProperty("visitor").GetProperty("user_id").GetString()));
        Assert.InRange(answer.GetProperty("expiresIn").GetInt32(), 100, 120);
        Assert.Equal(("Ann", "female"), (answer.GetProperty("displayName").GetString(), answer.GetProperty("gender").GetString()));
        Assert.True(Guid.TryParse(answer.GetProperty("uuid").GetString(), out _));

        var parts = answer.GetProperty("sig").GetString()!.Split('.');
        Assert.Equal(Base64Url.EncodeToString(HMACSHA256.HashData("news-sign-secret"u8, Encoding.ASCII.GetBytes(parts[1]))), parts[0]);
        var payload = JsonElement.Parse(Base64Url.DecodeFromChars(parts[1]));
        Assert.Equal(("HMAC-SHA256", "news"), (payload.GetProperty("algorithm").GetString(), payload.GetProperty("aud").GetString()));
        Assert.Equal(userId, payload.GetProperty("userId").ToString());
    }

    [Fact]
    public async Task AName_CannotBreakOutOfTheScript()
    {
        await using var host = await WebHostFixture.StartAsync();
        var (cookie, _) = await VisitAsync(host);
        Assert.True(UserId.TryParse("</script>&", out var user));
        host.Grains.Session = visitor => new VisitorSession { VisitorId = visitor, UserId = user };
        host.Grains.User = new UserDescription { Profile = new UserProfile { DisplayName = "</script><script>alert(1)//\"\u2028\u2029&" } };

        var response = await host.BrowseAsync(HttpMethod.Get, "/rpc/hasSession.js" + Query, null, Referer, cookie);

        var script = await response.Content.ReadAsStringAsync();
        Assert.Equal(-1, script[(script.LastIndexOf("})(", StringComparison.Ordinal) + 3)..].IndexOfAny(['<', '>', '&', '\u2028', '\u2029', '\'']));
        Assert.Equal("</script><script>alert(1)//\"\u2028\u2029&", (await response.ScriptAsync()).GetProperty("displayName").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("alert(1)//")]
    [InlineData("a.b")]
    [InlineData("1abc")]
    [InlineData("a\"]")]
    [InlineData("a\n")]
    [InlineData("a\u2028")]
    [InlineData("åse")]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890123456")]
    public async Task AHostileCallback_IsRefusedAndNotRepeated(string callback)
    {
        await using var host = await WebHostFixture.StartAsync();

        var response = await host.BrowseAsync(HttpMethod.Get,
            $"/rpc/hasSession.js?client_id=news&redirect_uri=https://www.news.test/&callback={Uri.EscapeDataString(callback)}", null, Referer);

        await response.ProblemAsync(400);
        if (callback.Length > 0) Assert.DoesNotContain(callback, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Null(response.SetCookie());
    }

    [Theory]
    [InlineData("nobody", "https://www.news.test/", "", "", "")]
    [InlineData("news", "", "", "", "")]
    [InlineData("news", "https://evil.test/", "", "", "")]
    [InlineData("news", "https://www.news.test.evil.test/", "", "", "")]
    [InlineData("news", "https://www.news.test@evil.test/", "", "", "")]
    [InlineData("news", "http://www.news.test/", "", "", "")]
    [InlineData("news", "https://www.news.test:8443/", "", "", "")]
    [InlineData("news", "javascript:alert(1)", "", "", "")]
    [InlineData("news", "https://www.news.test/", "https://evil.test/", "", "")]
    [InlineData("news", "https://www.news.test/", "https://www.news.test/", "cross-site", "script")]
    [InlineData("news", "https://www.news.test/", "", "same-site", "script")]
    [InlineData("news", "https://www.news.test/", "", "", "")]
    [InlineData("news", "https://www.news.test/", "", "", "script")]
    [InlineData("news", "https://www.news.test/", "", "", "", "https://evil.test")]
    [InlineData("news", "https://www.news.test/", "https://www.news.test/", "", "", "null")]
    [InlineData("news", "https://www.news.test/", "", "same-site", "script", "https://other.news.test")]
    [InlineData("news", "https://www.news.test/", "https://www.news.test/", "same-site", "document")]
    [InlineData("news", "https://www.news.test/", "https://www.news.test/", "same-site", "empty")]
    [InlineData("news", "https://www.news.test/", "https://www.news.test/", "none", "script")]
    [InlineData("partner", "https://partner.test/", "", "cross-site", "script")]
    public async Task APageThatIsNotTheClients_LearnsNothingAndGetsNoCookie(
        string client, string redirectUri, string referer, string site, string destination, string origin = "")
    {
        await using var host = await WebHostFixture.StartAsync();
        var (cookie, _) = await VisitAsync(host);

        var response = await host.BrowseAsync(HttpMethod.Get,
            $"/rpc/hasSession.js?client_id={client}&redirect_uri={Uri.EscapeDataString(redirectUri)}&callback=f1", null,
            cookie, ("Referer", referer), ("Sec-Fetch-Site", site), ("Sec-Fetch-Dest", destination), ("Origin", origin));

        var answer = await response.ScriptAsync();
        Assert.Equal(401, answer.GetProperty("error").GetProperty("code").GetInt32());
        Assert.False(answer.GetProperty("response").TryGetProperty("visitor", out _));
        Assert.Null(response.SetCookie());
        Assert.Empty(host.Grains.Calls);
    }

    [Theory]
    [InlineData("news", "https://www.news.test/page?a=b#c", "https://www.news.test/", "same-site", "same-site")]
    [InlineData("news", "https://www.news.test/", "", "same-origin", "same-site")]
    [InlineData("news", "", "https://www.news.test/", "", "same-site")]
    [InlineData("news", "https://www.news.test/", "", "", "same-site", "https://www.news.test")]
    [InlineData("partner", "https://partner.test/", "https://partner.test/", "cross-site", "cross-origin")]
    public async Task AClientsOwnPage_IsAnswered(
        string client, string redirectUri, string referer, string site, string resourcePolicy, string origin = "")
    {
        await using var host = await WebHostFixture.StartAsync();

        var response = await host.BrowseAsync(HttpMethod.Get,
            $"/rpc/hasSession.js?client_id={client}&redirect_uri={Uri.EscapeDataString(redirectUri)}&callback=f1", null,
            ("Referer", referer), ("Sec-Fetch-Site", site), ("Sec-Fetch-Dest", "script"), ("Origin", origin));

        Assert.True((await response.ScriptAsync()).GetProperty("response").TryGetProperty("visitor", out _));
        Assert.Equal([resourcePolicy], response.Headers.GetValues("Cross-Origin-Resource-Policy"));
    }

    [Theory]
    [InlineData("7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01")]
    [InlineData("7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01.")]
    [InlineData("7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01.!!!!")]
    [InlineData("garbage")]
    public async Task AForgedCookie_IsIgnored(string value)
    {
        await using var host = await WebHostFixture.StartAsync();

        var response = await host.BrowseAsync(HttpMethod.Get, "/rpc/hasSession.js" + Query, null, Referer, ("Cookie", "SPID_VISITOR=" + value));

        Assert.NotNull(response.VisitorCookie());
        Assert.DoesNotContain("7b0a2b9e", response.VisitorCookie(), StringComparison.Ordinal);
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task ACookie_SignedForOneVisitorDoesNotProveAnother()
    {
        await using var host = await WebHostFixture.StartAsync();
        var (cookie, _) = await VisitAsync(host);
        var stolen = $"SPID_VISITOR={VisitorId.New()}{cookie.Value[cookie.Value.IndexOf('.', StringComparison.Ordinal)..]}";

        await host.BrowseAsync(HttpMethod.Get, "/rpc/hasSession.js" + Query, null, Referer, ("Cookie", stolen));

        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task WhenTheClusterIsAway_TheBrowserKeepsItsVisitor()
    {
        await using var host = await WebHostFixture.StartAsync();
        var (cookie, uid) = await VisitAsync(host);
        host.Grains.Session = _ => throw new TimeoutException();

        var response = await host.BrowseAsync(HttpMethod.Get, "/rpc/hasSession.js" + Query, null, Referer, cookie);

        var answer = await response.ScriptAsync();
        Assert.Equal((503, "communication"), (answer.GetProperty("error").GetProperty("code").GetInt32(), answer.GetProperty("error").GetProperty("type").GetString()));
        Assert.Equal(uid, answer.GetProperty("response").GetProperty("visitor").GetProperty("uid").GetString());
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>A first visit; gives the cookie header that the browser sends from then on.</summary>
    internal static async Task<((string Name, string Value) Cookie, string Uid)> VisitAsync(
        WebHostFixture host, string query = Query, string page = "https://www.news.test/")
    {
        var response = await host.BrowseAsync(HttpMethod.Get, "/rpc/hasSession.js" + query, null, ("Referer", page));
        var value = response.VisitorCookie()!;
        return (("Cookie", "SPID_VISITOR=" + value), value[..36]);
    }
}
