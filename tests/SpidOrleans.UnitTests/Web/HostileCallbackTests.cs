using Xunit;

namespace SpidOrleans.UnitTests.Web;

/// <summary>A callback is the caller's text in our script: whatever could be a program is refused, and not repeated.</summary>
public class HostileCallbackTests
{
    private static readonly string[] Scripts =
    [
        "/rpc/hasSession.js", "/ajax/hasSession.js", "/ajax/hasproduct.js", "/ajax/hassubscription.js", "/ajax/logout.js", "/ajax/acceptAgreement.js",
        "/ajax/traits.js",
    ];

    public static TheoryData<string> Hostile { get; } =
    [
        "alert(1)//", "alert(1)", "alert`1`", "alert;", "alert\n1", "a\r\n", "a\0b", "a b", " zz", "zz ", "a.b", "a[0]", "a[\"b\"]", "a['b']",
        "a\"]", "a']", "\"];alert(1);//", "');alert(1);//", "a\\", "\\u0061", "a\u2028", "\u2029a", "åse", "ａ", "a\u200B", "\uFEFFa", "a\u0301",
        "1abc", "-a", "a-b", "a+b", "a=b", "a&b", "a;b", "a,b", "a/b", "/**/a", "a//", "<script>", "</script>", "<!--", "-->", "{}", "()=>1",
        "${1}", "%", "%3Cscript%3E", "#", "?", "@", "!", "~", "a:b", "a|b", "*", "CWS\u0007\u000E000000", "a23456789012345678901234567890123456789012345678901234567890123456",
        new string('a', 5_000), "💥", "a\ud83d\ude00", "constructor.constructor('alert(1)')()", "window.name", "eval(name)//", "a?.b", "a\t", "a\v", "a\u0085",
        "a\u00A0", "\u202Ea", "x=>alert(1)", "import('//evil.test')", "a%00", "&#x61;", "\u0430lert", "a\u200D", "javascript:alert(1)", "a\u2060b",
    ];

    public static TheoryData<string> Harmless { get; } =
    [
        "f9a67e5a054f06", "f12ab", "f0", "jsonp_1390824533_1234", "_", "$", "$_a9", "a2345678901234567890123456789012345678901234567890123456789012345"[..64],
    ];

    [Theory, MemberData(nameof(Hostile))]
    public async Task AHostileCallback_IsRefusedByEveryScript(string callback)
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn("7");
        foreach (var path in Scripts)
        {
            var response = await browser.ScriptAsync(path, "&product_id=1042", callback: callback);

            await response.ProblemAsync(400);
            var body = await response.Content.ReadAsStringAsync();
            if (callback.Length > 1) Assert.DoesNotContain(callback, body, StringComparison.Ordinal);
            Assert.Equal(["nosniff"], response.Headers.GetValues("X-Content-Type-Options"));
            Assert.Null(response.SetCookie());
        }

        Assert.Empty(browser.Grains.Calls);
    }

    [Theory, MemberData(nameof(Harmless))]
    public async Task WhatTheSdksMake_IsCalled(string callback)
    {
        await using var browser = await BrowserHost.StartAsync();
        foreach (var path in Scripts)
        {
            var script = await (await browser.ScriptAsync(path, "&product_id=1042", callback: callback)).Content.ReadAsStringAsync();

            Assert.StartsWith("/**/(function (answer) {", script, StringComparison.Ordinal);
            Assert.Contains($"SPiD.Talk.response(\"{callback}\", answer)", script, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ThereAreFiftyOfThem_AndNoTwoAlike() => Assert.InRange(Hostile.Select(row => row.Data).Distinct().Count(), 50, Hostile.Count);

    [Theory, MemberData(nameof(Hostile))]
    public async Task AHostileCallback_IsRefusedByTheRestApiToo(string callback)
    {
        await using var host = await WebHostFixture.StartAsync();

        var response = await host.BrowseAsync(HttpMethod.Get, "/api/2/user/7/traits.jsonp?callback=" + Uri.EscapeDataString(callback), null);

        await response.ProblemAsync(400);
        if (callback.Length > 1) Assert.DoesNotContain(callback, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task TwoCallbacks_AreNone()
    {
        await using var browser = await BrowserHost.StartAsync();

        await (await browser.ScriptAsync("/rpc/hasSession.js", "&callback=f2")).ProblemAsync(400);
    }
}
