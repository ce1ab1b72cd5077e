using Xunit;

namespace SpidOrleans.UnitTests.Web.SignIn;

/// <summary>Nobody is sent to an address that is not registered, character by character.</summary>
public sealed class RedirectUriTests(SharedSignInHost shared) : IClassFixture<SharedSignInHost>
{
    private WebHostFixture Host => shared.Host;

    public static TheoryData<string> Hostile =>
    [
        "https://evil.test/",
        "https://evil.test/back",
        "//evil.test/back",
        "///evil.test",
        @"\\evil.test\back",
        @"/\evil.test",
        "/back",
        "back",
        "?",
        "#",
        "https://www.news.test",
        "https://www.news.test/",
        "https://www.news.test/back/",
        "https://www.news.test/back?",
        "https://www.news.test/back?x=1",
        "https://www.news.test/back#x",
        "https://www.news.test/back#",
        "https://www.news.test/Back",
        "https://WWW.news.test/back",
        "HTTPS://www.news.test/back",
        "https://www.news.test:443/back",
        "https://www.news.test:8443/back",
        "http://www.news.test/back",
        "https://www.news.test./back",
        "https://www.news.test/./back",
        "https://www.news.test/x/../back",
        "https://www.news.test//back",
        "https://www.news.test/back%2f",
        "https://www.news.test/%62ack",
        "https://www.news.test/back ",
        " https://www.news.test/back",
        "https://www.news.test/back\t",
        "https://www.news.test/back\r\nSet-Cookie: a=b",
        "https://www.news.test/back\0",
        "https://www.news.test@evil.test/back",
        "https://user:pass@www.news.test/back",
        "https://www.news.test.evil.test/back",
        "https://evil.test/https://www.news.test/back",
        "https://evil.test?https://www.news.test/back",
        @"https://evil.test\@www.news.test/back",
        @"https:\\www.news.test\back",
        "https:www.news.test/back",
        "https:///www.news.test/back",
        "https://www.news.test/query?a=1&b=2",
        "https://www.news.test/query?a=2",
        "https://www.news.test/query",
        "https://www.ne​ws.test/back",
        "https://www.nеws.test/back",
        "https://www。news.test/back",
        "https://partner.test/only",
        "javascript:alert(1)",
        "javascript://www.news.test/back%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://www.news.test/back",
        "\"><script>alert(1)</script>",
        "https://www.news.test/back,https://evil.test/",
    ];

    [Fact]
    public void ThereAreThirtyOfThem_AndNoTwoAlike()
    {
        Assert.True(Hostile.Count >= 30);
        Assert.Equal(Hostile.Count, Hostile.Select(row => row.Data).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task AnAddressThatIsNotRegistered_IsAnsweredByAPage(string hostile)
    {
        using var browser = new TestBrowser(Host.Origin);
        foreach (var url in new[]
        {
            SignInHost.Flow("/flow/login", ("redirect_uri", hostile)),
            SignInHost.Flow("/flow/signup", ("redirect_uri", hostile)),
            SignInHost.Flow("/logout", ("redirect_uri", hostile)),
            SignInHost.Flow("/flow/login", ("cancel_redirect_uri", hostile)),
        })
        {
            var answer = await browser.GetAsync(url, ("Referer", WebHostFixture.PageOrigin + "/"));

            var page = await answer.PageAsync(400);
            Assert.Null(answer.Headers.Location);
            Assert.DoesNotContain("http-equiv", page, StringComparison.Ordinal);
            Assert.DoesNotContain("href", page, StringComparison.Ordinal);
            Assert.DoesNotContain("evil", page, StringComparison.Ordinal);
            Assert.DoesNotContain("alert", page, StringComparison.Ordinal);
        }

        Assert.Empty(browser.SetCookies);
        Assert.DoesNotContain(Host.Grains.Calls, call => call.Method is "Login" or "Logout");
    }

    [Fact]
    public async Task TheSamePostedToThePagesForm_IsRefusedToo()
    {
        using var browser = new TestBrowser(Host.Origin);
        var page = await browser.GetAsync(SignInHost.Flow("/flow/login"));
        var (_, hidden) = TestBrowser.FormOf(await page.Content.ReadAsStringAsync());
        hidden["user_id"] = "ann";

        foreach (var path in new[] { "/flow/login", "/logout" })
            await (await browser.PostAsync(SignInHost.Flow(path, ("redirect_uri", "https://evil.test/")), hidden)).PageAsync(400);

        Assert.DoesNotContain(Host.Grains.Calls, call => call.Method is "Login" or "Logout");
    }

    [Theory]
    [InlineData("?redirect_uri=https://www.news.test/back", "client_id is missing")]
    [InlineData("?client_id=nobody&redirect_uri=https://www.news.test/back", "names no registered client")]
    [InlineData("?client_id=NEWS&redirect_uri=https://www.news.test/back", "names no registered client")]
    [InlineData("?client_id=partner&redirect_uri=https://www.news.test/back", "redirect_uri is not one of")]
    [InlineData("?client_id=news", "redirect_uri is missing")]
    [InlineData("?client_id=news&client_id=news&redirect_uri=https://www.news.test/back", "client_id comes twice")]
    [InlineData("?client_id=news&redirect_uri=https://www.news.test/back&redirect_uri=https://evil.test", "redirect_uri comes twice")]
    [InlineData("?client_id=news&redirect_uri=https://www.news.test/back&tag=%00", "tag must be")]
    [InlineData("?client_sdrn=sdrn:schibsted.com:user:news&redirect_uri=https://www.news.test/back", "client_id is missing")]
    public async Task ARequestThatIsNotRight_SaysWhatIsWrong(string query, string expected)
    {
        using var browser = new TestBrowser(Host.Origin);

        foreach (var path in new[] { "/flow/login", "/flow/signup" })
            Assert.Contains(expected, await (await browser.GetAsync(path + query)).PageAsync(400), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?client_id=news&redirect_uri=https://www.news.test/back")]
    [InlineData("?client_id=news&redirect_uri=https%3A%2F%2Fwww.news.test%2Fquery%3Fa%3D1&response_type=code&unknown=1")]
    [InlineData("?client_id=partner")]
    [InlineData("?client_sdrn=sdrn:schibsted.com:client:news&redirect_uri=https://www.news.test/back&sdk_version=5")]
    public async Task ARegisteredAddress_IsTaken(string query)
    {
        using var browser = new TestBrowser(Host.Origin);

        foreach (var path in new[] { "/flow/login", "/flow/signup", "/logout" }) await (await browser.GetAsync(path + query)).PageAsync(200);
    }

    [Fact]
    public async Task State_OfAnyContent_ComesBackAsItWas_AndNotTooMuchOfIt()
    {
        using var browser = new TestBrowser(Host.Origin);
        const string state = "a b&c=d#e\"'><script>\r\nLocation: https://evil.test\0ü😀%00;,\\";

        var page = await browser.GetAsync(SignInHost.Flow("/flow/login", ("redirect_uri", WebHostFixture.PageOrigin + "/query?a=1"), ("state", state)));
        Assert.DoesNotContain("<script", await page.PageAsync(200), StringComparison.OrdinalIgnoreCase);
        var done = await browser.SubmitAsync(page, ("user_id", "ann"));
        var tooLong = await browser.GetAsync(SignInHost.Flow("/flow/login", ("state", new string('ü', 501))));

        Assert.Equal(WebHostFixture.PageOrigin + "/query?a=1&state=" + Uri.EscapeDataString(state), await TestBrowser.GoesToAsync(done));
        Assert.DoesNotContain("<script", await done.PageAsync(200), StringComparison.OrdinalIgnoreCase);
        await tooLong.PageAsync(400);
        await (await browser.GetAsync(SignInHost.Flow("/flow/login", ("state", new string('ü', 500))))).PageAsync(200);
        Host.Grains.Calls.Clear();
    }
}
