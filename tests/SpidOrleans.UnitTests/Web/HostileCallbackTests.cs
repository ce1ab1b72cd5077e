using Xunit;

namespace SpidOrleans.UnitTests.Web;

/// <summary>A callback is the caller's text in our script: whatever could be a program is refused, and not repeated.</summary>
public class HostileCallbackTests
{
    private static readonly string[] Scripts =
    [
        "/rpc/hasSession.js", "/ajax/hasSession.js", "/ajax/hasproduct.js", "/ajax/hassubscription.js", "/ajax/logout.js", "/ajax/acceptAgreement.js",
    ];

    public static TheoryData<string> Hostile { get; } =
    [
        "alert(1)//", "alert(1)", "alert`1`", "alert;", "alert\n1", "a\r\n", "a\0b", "a b", " zz", "zz ", "a.b", "a[0]", "a[\"b\"]", "a['b']",
        "a\"]", "a']", "\"];alert(1);//", "');alert(1);//", "a\\", "\\u0061", "a\u2028", "\u2029a", "åse", "ａ", "a\u200B", "\uFEFFa", "a\u0301",
        "1abc", "-a", "a-b", "a+b", "a=b", "a&b", "a;b", "a,b", "a/b", "/**/a", "a//", "<script>", "</script>", "<!--", "-->", "{}", "()=>1",
        "${1}", "%", "%3Cscript%3E", "#", "?", "@", "!", "~", "a:b", "a|b", "*", "CWS\u0007\u000E000000", "a23456789012345678901234567890123456789012345678901234567890123456",
        new string('a', 5_000), "💥", "a\ud83d\ude00",
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
    public void ThereAreFiftyOfThem() => Assert.True(Hostile.Count >= 50);

    [Fact]
    public async Task TwoCallbacks_AreNone()
    {
        await using var browser = await BrowserHost.StartAsync();

        await (await browser.ScriptAsync("/rpc/hasSession.js", "&callback=f2")).ProblemAsync(400);
    }
}
