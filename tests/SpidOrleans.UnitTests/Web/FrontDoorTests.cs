using System.Net;
using System.Net.Sockets;
using System.Text;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

/// <summary>An enemy at the browsers' front door: whatever is sent, nobody is betrayed, sent astray or signed out, and nothing breaks.</summary>
public sealed class FrontDoorTests
{
    private static readonly string[] Paths =
    [
        "/rpc/hasSession.js", "/ajax/hasSession.js", "/ajax/hasproduct.js", "/ajax/hassubscription.js", "/ajax/logout.js", "/ajax/acceptAgreement.js",
        "/ajax/traits.js", "/session", "/v2/session", "/hasAccess/1042", "/hasProduct/1042", "/hasSubscription/1042", "/session/refresh", "/flow/login",
        "/flow/signup", "/logout", "/signin-oidc", "/signout-oidc", "/js/spid-sdk.js",
    ];

    private static readonly string[] Parameters =
    [
        "client_id", "client_sdrn", "redirect_uri", "cancel_redirect_uri", "callback", "state", "product_id", "sp_id", "t", "autologin", "sdk_version",
        "tracking_ref", "tag", "flow", "code", "error",
    ];

    private static readonly string[] Values =
    [
        "", "%00", "%0d%0aLocation:%20https://evil.test", "%ED%A0%80", "%F0%9F%98%80", "%C0%AF", "%E2%80%A8", "..%2f..%2f", "%", "%zz", "%u0041", "a&x=b", "a=b=c",
        "https%3A%2F%2Fevil.test", "%2F%2Fevil.test", "https%3A%2F%2Fwww.news.test%40evil.test%2F", "https%3A%2F%2Fwww.news.test%5C%40evil.test%2F",
        "https%3A%2F%2Fwww.news.test.evil.test%2F", "https%3A%2F%2Fwww%E3%80%82evil%E3%80%82test%2F", "https%3A%2F%2F%5B%3A%3A1%5D%2F", "javascript%3Aalert(1)", "data%3A,x",
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "alert(1)%2F%2F", "f1%0aalert(1)", "sdrn%3Aschibsted.com%3Aclient%3Anews%3Aclient%3Apartner", "sdrn%3A%3Aclient%3A",
        "eyJhdXRoIjoi_7-9In0", "eyJhdXRoIjp7fX0", "e30", "99999999999999999999999999", "-1", new string('a', 6_000), string.Concat(Enumerable.Repeat("%00", 2_000)),
    ];

    [Fact]
    public async Task WhateverStandsInAParameter_IsAnsweredOrRefused_AndLeadsNobodyElsewhere()
    {
        await using var browser = await BrowserHost.StartAsync(("Limits:BrowserRequestsPerSecond", "unlimited"));
        foreach (var path in Paths)
        {
            foreach (var parameter in Parameters)
            {
                await Task.WhenAll(Values.Select(async value =>
                {
                    var query = $"?client_id=news&client_sdrn={BrowserHost.Sdrn}&callback=f1&redirect_uri=https%3A%2F%2Fwww.news.test%2F&product_id=1042&t=a.b";
                    // As the browser sends it that was led here by the enemy: once in place of what is there, once besides it.
                    query = value.Length % 2 == 0 ? $"{query}&{parameter}={value}" : Replace(query, parameter, value);
                    using var answer = await browser.Host.BrowseAsync(HttpMethod.Get, path + query, null,
                        ("Cookie", "SPID_VISITOR=" + browser.Cookie), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Host", "id.news.test"));

                    AssertHarmless(answer, $"{path} {parameter}={value}");
                    Assert.DoesNotContain("alert(1)", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
                }));
            }
        }

        Assert.DoesNotContain(browser.Grains.Calls, call => call.Method is "Logout" or "Login" or "SetTraits" or "AcceptAgreement" or "Track");
    }

    [Theory]
    [InlineData("https://evil.test")]
    [InlineData("null")]
    [InlineData("https://www.news.test, https://evil.test")]
    [InlineData("https://www.news.test.")]
    [InlineData("https://www.news.test:443@evil.test")]
    [InlineData("https://www.news.test%00.evil.test")]
    [InlineData("https://www.news.test\t")]
    [InlineData("HTTPS://WWW.NEWS.TEST.EVIL.TEST")]
    [InlineData("https://xn--www-news-test")]
    [InlineData("file://")]
    public async Task AnOriginThatIsNotTheClients_ReadsNothing(string origin)
    {
        await using var browser = await BrowserHost.StartAsync(("Limits:BrowserRequestsPerSecond", "unlimited"));
        browser.SignIn("7");
        foreach (var path in Paths.Where(path => !path.StartsWith("/js/", StringComparison.Ordinal)))
        {
            using var answer = await browser.Host.BrowseAsync(HttpMethod.Get,
                $"{path}?client_id=news&client_sdrn={BrowserHost.Sdrn}&callback=f1&redirect_uri=https%3A%2F%2Fwww.news.test%2F&product_id=1042&t=a.b", null,
                ("Cookie", "SPID_VISITOR=" + browser.Cookie), ("Origin", origin), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "script"));

            AssertHarmless(answer, path);
            Assert.False(answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var allowed) && !allowed.SequenceEqual([WebHostFixture.PageOrigin]), path);
            if (origin.Trim() == WebHostFixture.PageOrigin) continue;
            var body = await answer.Content.ReadAsStringAsync();
            foreach (var secret in new[] { "\"userId\"", "\"sig\"", "\"sp_id\"", "\"uuid\"", browser.Visitor.ToString() }) Assert.DoesNotContain(secret, body, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("X-HTTP-Method-Override", "POST")]
    [InlineData("X-HTTP-Method", "DELETE")]
    [InlineData("X-Method-Override", "PUT")]
    [InlineData("X-Original-URL", "/v1/users/7")]
    [InlineData("X-Rewrite-URL", "/v1/users/7")]
    [InlineData("X-Forwarded-Host", "evil.test")]
    [InlineData("X-Forwarded-Prefix", "//evil.test")]
    [InlineData("X-Forwarded-Proto", "javascript")]
    [InlineData("X-Original-For", "127.0.0.1")]
    [InlineData("Forwarded", "host=evil.test")]
    public async Task NoHeader_MakesARequestAnother(string name, string value)
    {
        await using var browser = await BrowserHost.StartAsync(("Proxies:0", "127.0.0.1"));

        using var answer = await browser.Host.BrowseAsync(HttpMethod.Get, "/flow/login?client_id=news&redirect_uri=https%3A%2F%2Fwww.news.test%2Fback%3Fa%3Db", null,
            (name, value), ("Cookie", "SPID_VISITOR=" + browser.Cookie));

        AssertHarmless(answer, name);
        Assert.DoesNotContain("evil", $"{answer.Headers}{await answer.Content.ReadAsStringAsync()}", StringComparison.Ordinal);
        Assert.DoesNotContain(browser.Grains.Calls, call => call.Method is "Login" or "Describe" or "Erase");
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("HEAD")]
    [InlineData("TRACE")]
    [InlineData("CONNECT")]
    [InlineData("SPID")]
    public async Task AnotherMethod_DoesNothing(string method)
    {
        await using var browser = await BrowserHost.StartAsync();
        foreach (var path in new[] { "/ajax/logout.js", "/ajax/acceptAgreement.js", "/ajax/traits.js", "/logout", "/session/refresh" })
        {
            var (status, _) = await browser.Host.SendRawAsync($"{method} {path}?client_id=news&callback=f1&redirect_uri=https://www.news.test/", withCredentials: false);
            Assert.InRange(status, 400, 499);
        }

        Assert.DoesNotContain(browser.Grains.Calls, call => call.Method is "Logout" or "SetTraits" or "AcceptAgreement");
    }

    [Theory]
    [InlineData("Content-Length: 5\r\nContent-Length: 6\r\n")]
    [InlineData("Content-Length: -1\r\n")]
    [InlineData("Content-Length : 5\r\n")]
    [InlineData("Transfer-Encoding: chunked, identity\r\n")]
    [InlineData("Transfer-Encoding: xchunked\r\n")]
    [InlineData("Host: evil.test\r\n")]
    [InlineData(" folded: header\r\n")]
    [InlineData("Nul: a\0b\r\n")]
    public async Task WhatTwoServersCouldReadDifferently_IsRefused_AndTheConnectionEnds(string headers)
    {
        await using var browser = await BrowserHost.StartAsync();

        var answers = await SendAsync(browser.Host, $"POST /v1/collect HTTP/1.1\r\nHost: id.news.test\r\n{headers}\r\nabcdeGET /ajax/logout.js HTTP/1.1\r\nHost: id.news.test\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400", answers, StringComparison.Ordinal);
        Assert.Single(answers.Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task OfTwoLengths_ThatOfTheChunksIsTheOne_AndNothingIsSmuggledBehindIt()
    {
        await using var browser = await BrowserHost.StartAsync();

        var answers = await SendAsync(browser.Host,
            "POST /v1/collect HTTP/1.1\r\nHost: id.news.test\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: id.news.test\r\n\r\n");

        Assert.Single(answers.Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("a=b; SPID_VISITOR={0}; c")]
    [InlineData("SPID_VISITOR=\"{0}\"")]
    [InlineData("SPID_VISITOR=%00; SPID_VISITOR={0}")]
    [InlineData("SPID_VISITOR={0}%00")]
    [InlineData("SPID_VISITOR={0}; SPID_VISITOR=")]
    [InlineData("$Version=1; SPID_VISITOR={0}; $Path=/")]
    [InlineData(";;;=;SPID_VISITOR={0}=;")]
    [InlineData("spid_visitor={0}")]
    public async Task ACookieHeaderOfWhateverForm_IsTheVisitorsOrNobodys(string form)
    {
        await using var browser = await BrowserHost.StartAsync();

        using var answer = await browser.Host.BrowseAsync(HttpMethod.Get, "/rpc/hasSession.js?client_id=news&callback=f1&redirect_uri=https%3A%2F%2Fwww.news.test%2F", null,
            ("Cookie", form.Replace("{0}", browser.Cookie, StringComparison.Ordinal)), ("Referer", BrowserHost.Page));

        var visitor = (await answer.ScriptAsync()).GetProperty("response").GetProperty("visitor").GetProperty("uid").GetString();
        // Whoever is not recognised is somebody new, with a cookie that says so.
        Assert.Equal(visitor, answer.VisitorCookie()?[..36] ?? browser.Visitor.ToString());
    }

    [Theory]
    [InlineData("/rpc/hasSession.js")]
    [InlineData("/ajax/hasSession.js")]
    public async Task WhoRefusedTracking_IsToldSo_AndNobodyIsToldTheVisitor(string path)
    {
        await using var browser = await BrowserHost.StartAsync();
        foreach (var isRestorable in new[] { false, true })
        {
            browser.Grains.Session = visitor => new VisitorSession { VisitorId = visitor, IsTrackingRefused = true, IsRestorable = isRestorable };

            var answer = await (await browser.ScriptAsync(path)).ScriptAsync();
            Assert.Equal(401, answer.GetProperty("error").GetProperty("code").GetInt32());
            Assert.False(answer.GetProperty("response").GetProperty("tracking").GetBoolean());
            Assert.DoesNotContain(browser.Visitor.ToString(), answer.ToString(), StringComparison.Ordinal);
        }

        browser.Grains.Session = visitor => new VisitorSession { VisitorId = visitor, IsTrackingRefused = true };
        var session = await (await browser.FetchAsync("/v2/session")).JsonAsync();
        Assert.False(session.GetProperty("tracking").GetBoolean());
        Assert.False(session.TryGetProperty("visitor", out _));
        Assert.False(session.TryGetProperty("result", out _));
    }

    private static string Replace(string query, string parameter, string value)
    {
        var start = query.IndexOf($"{parameter}=", StringComparison.Ordinal);
        if (start < 0) return $"{query}&{parameter}={value}";
        var end = query.IndexOf('&', start);
        return $"{query[..start]}{parameter}={value}{(end < 0 ? "" : query[end..])}";
    }

    private static void AssertHarmless(HttpResponseMessage answer, string what)
    {
        Assert.True((int)answer.StatusCode < 500 || answer.StatusCode == HttpStatusCode.NotImplemented, $"{(int)answer.StatusCode} {what}");
        var location = answer.Headers.Location;
        Assert.True(location is null || !location.IsAbsoluteUri || location.Host == "www.news.test", $"{location} {what}");
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin") && answer.Headers.GetValues("Access-Control-Allow-Origin").Contains("*")
            && answer.Headers.Contains("Access-Control-Allow-Credentials"), what);
    }

    private static async Task<string> SendAsync(WebHostFixture host, string request)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, host.Http.BaseAddress!.Port, timeout.Token);
        await socket.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request), timeout.Token);
        using var reader = new StreamReader(socket.GetStream(), Encoding.Latin1);
        try
        {
            return await reader.ReadToEndAsync(timeout.Token);
        }
        catch (IOException)
        {
            return "";
        }
    }
}
