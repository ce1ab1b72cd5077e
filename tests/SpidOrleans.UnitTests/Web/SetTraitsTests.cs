using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Browser;
using SpidOrleans.Web.Reading;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

/// <summary><c>/ajax/traits.js</c>. Forged requests are <see cref="ActionApiTests"/>'.</summary>
public sealed class SetTraitsTests
{
    public const string Path = "/ajax/traits.js";

    [Fact]
    public async Task ASignedInUsersTraits_AreTheUsers_AnyoneElsesTheVisitors()
    {
        await using var browser = await BrowserHost.StartAsync();
        var anonymous = await AnswerAsync(browser, Sign("news-sign-secret"));
        browser.SignIn("7");
        var signedIn = await AnswerAsync(browser, Sign("news-sign-secret"));

        Assert.True(anonymous.GetProperty("response").GetProperty("result").GetBoolean());
        Assert.True(signedIn.GetProperty("response").GetProperty("result").GetBoolean());
        // The page is not told what its client's back end says of the person.
        Assert.DoesNotContain("Plan", signedIn.ToString(), StringComparison.Ordinal);
        var calls = browser.Grains.Calls.Where(call => call.Method == "SetTraits").ToList();
        Assert.Equal([browser.Visitor.Key, "u:7"], calls.Select(call => call.Key));
        Assert.All(calls, call => Assert.Equal("news", call.Source!.ClientId));
        Assert.All(calls, call => Assert.Equal("Plan=\"pro\"", string.Concat(((ImmutableArray<Trait>)call.Argument!).Select(t => $"{t.Name}={t.Json}"))));
    }

    [Theory]
    [InlineData("news-sign-secret", -3_000, true)]
    [InlineData("news-sign-secret", -4_200, false)]
    [InlineData("news-sign-secret", 3_000, true)]
    [InlineData("news-sign-secret", 4_200, false)]
    [InlineData("former-secret", 0, true)]
    [InlineData("news-secret", 0, false)]
    public async Task OnlyWhatTheClientHasSignedWithinTheHour_IsTaken(string secret, int secondsFromNow, bool isTaken)
    {
        await using var browser = await BrowserHost.StartAsync(("Clients:news:FormerSignSecrets:0", "former-secret"));

        var answer = await AnswerAsync(browser, Sign(secret, secondsFromNow));

        Assert.Equal(isTaken, browser.Grains.Calls.Any(call => call.Method == "SetTraits"));
        Assert.Equal(isTaken, answer.TryGetProperty("response", out var response) && response.GetProperty("result").GetBoolean());
        if (!isTaken) Assert.Equal(400, answer.GetProperty("error").GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task WhatWasNotStored_AndWhatIsTooMuch_IsSaid()
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.Grains.SetOutcome = TrackOutcome.Unavailable;
        Assert.Equal(503, await CodeAsync());
        browser.Grains.SetOutcome = TrackOutcome.LaneFull;
        Assert.Equal(503, await CodeAsync());
        browser.Grains.SetOutcome = TrackOutcome.Stored;
        browser.Grains.IsTooMuch = true;
        var error = (await AnswerAsync(browser, Sign("news-sign-secret"))).GetProperty("error");
        Assert.Equal(400, error.GetProperty("code").GetInt32());
        Assert.Equal(TraitsReader.TooMuchRule, error.GetProperty("description").GetString());

        async Task<int> CodeAsync() => (await AnswerAsync(browser, Sign("news-sign-secret"))).GetProperty("error").GetProperty("code").GetInt32();
    }

    [Theory]
    [InlineData(Recognition.Stranger)]
    [InlineData(Recognition.Twin)]
    public async Task AnOldCopyOfACookie_SetsNothing(Recognition recognition)
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.Grains.Session = visitor => new VisitorSession { VisitorId = visitor, Recognition = recognition };

        var answer = await AnswerAsync(browser, Sign("news-sign-secret"));

        Assert.Equal(400, answer.GetProperty("error").GetProperty("code").GetInt32());
        Assert.DoesNotContain(browser.Grains.Calls, call => call.Method == "SetTraits");
    }

    [Theory]
    [InlineData("none")]
    [InlineData("7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task WithoutAGenuineCookie_NothingIsStored_AndTheNextTryHasOne(string shown)
    {
        await using var browser = await BrowserHost.StartAsync();
        var signed = Sign("news-sign-secret");

        var response = await browser.ScriptAsync(Path, "&t=" + signed, shown: shown);
        var answer = await response.ScriptAsync();

        Assert.Equal(401, answer.GetProperty("error").GetProperty("code").GetInt32());
        Assert.Contains("Nothing was stored", answer.GetProperty("error").GetProperty("description").GetString(), StringComparison.Ordinal);
        Assert.False(answer.GetProperty("response").GetProperty("result").GetBoolean());
        Assert.Empty(browser.Grains.Calls);
        var again = await (await browser.ScriptAsync(Path, "&t=" + signed, shown: response.VisitorCookie()!)).ScriptAsync();
        Assert.True(again.GetProperty("response").GetProperty("result").GetBoolean());
        Assert.Equal("v:" + response.VisitorCookie()![..36], Assert.Single(browser.Grains.Calls, call => call.Method == "SetTraits").Key);
    }

    [Fact]
    public async Task NoTraits_ChangeNothing()
    {
        await using var browser = await BrowserHost.StartAsync();

        var answer = await AnswerAsync(browser, Sign("news-sign-secret", json: ""));

        Assert.True(answer.GetProperty("response").GetProperty("result").GetBoolean());
        Assert.DoesNotContain(browser.Grains.Calls, call => call.Method == "SetTraits");
    }

    /// <summary>For the page of the client <c>news</c>.</summary>
    internal static string Sign(string secret, int secondsFromNow = 0, string json = "\"Plan\":\"pro\",")
    {
        var t = (TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / 1_000.0 + secondsFromNow).ToString("F3", CultureInfo.InvariantCulture);
        return SignedText.Sign(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($$"""{ {{json}}"algorithm":"HMAC-SHA256","t":{{t}} }"""));
    }

    private static async Task<System.Text.Json.JsonElement> AnswerAsync(BrowserHost browser, string signed) =>
        await (await browser.ScriptAsync(Path, "&t=" + signed)).ScriptAsync();
}
