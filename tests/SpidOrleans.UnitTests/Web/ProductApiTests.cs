using System.Text.Json;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Browser;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public class ProductApiTests
{
    private const string Product = "/ajax/hasproduct.js";
    private const string Subscription = "/ajax/hassubscription.js";

    [Theory]
    [InlineData(Product, "7", true, null)]
    [InlineData(Product, "42", true, null)]
    [InlineData(Product, "8", false, null)]
    [InlineData(Subscription, "42", true, 99)]
    [InlineData(Subscription, "7", false, null)]
    public async Task ASignedInUser_IsToldWhatTheyHave(string path, string userId, bool result, int? subscription)
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn(userId);

        var answer = await (await browser.ScriptAsync(path, "&product_id=1042")).ScriptAsync();

        Assert.Equal(result, answer.GetProperty("result").GetBoolean());
        Assert.Equal(1042, answer.GetProperty("productId").GetInt32());
        Assert.Equal(subscription, answer.TryGetProperty("subscriptionId", out var id) ? id.GetInt32() : null);
        Assert.Equal(userId, answer.GetProperty("userId").ToString());
        Assert.False(answer.TryGetProperty("error", out _));
        Assert.True(SignedText.TryVerify(["news-sign-secret"u8.ToArray()], answer.GetProperty("sig").GetString(), out var payload));
        Assert.Equal((result, 1042), (payload.Value.GetProperty("result").GetBoolean(), payload.Value.GetProperty("productId").GetInt32()));
    }

    [Fact]
    public async Task TheUuid_IsTheSessionsAndAnotherUsersIsAnother()
    {
        await using var browser = await BrowserHost.StartAsync();
        async Task<string> UuidAsync(string path) => (await (await browser.ScriptAsync(path, "&product_id=1042")).ScriptAsync()).GetProperty("uuid").GetString()!;

        browser.SignIn("7");
        var seven = new[] { await UuidAsync("/rpc/hasSession.js"), await UuidAsync(Product), await UuidAsync(Subscription) };
        browser.SignIn("8");
        var eight = await UuidAsync(Product);

        Assert.Single(seven.Distinct());
        Assert.NotEqual(seven[0], eight);
    }

    [Fact]
    public async Task Anonymous_IsToldThatThereIsNoSession()
    {
        await using var browser = await BrowserHost.StartAsync();

        var answer = await (await browser.ScriptAsync(Product, "&product_id=1042")).ScriptAsync();

        Assert.Equal(401, answer.GetProperty("error").GetProperty("code").GetInt32());
        Assert.False(answer.GetProperty("response").GetProperty("result").GetBoolean());
    }

    [Theory]
    [InlineData("")]
    [InlineData("&product_id=")]
    [InlineData("&product_id=a/b")]
    [InlineData("&product_id=%3Cscript%3E")]
    public async Task AProductIdThatIsNone_IsRefused(string more)
    {
        await using var browser = await BrowserHost.StartAsync();

        await (await browser.ScriptAsync(Product, more)).ProblemAsync(400);
    }

    [Theory]
    [InlineData(Product)]
    [InlineData(Subscription)]
    public async Task TheSpId_TellsNothingOfThePerson(string path)
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.Grains.User = new UserDescription
        {
            Profile = new UserProfile { DisplayName = "Ann Example", GivenName = "Ann", FamilyName = "Example", Gender = "female", Birthday = new(1980, 12, 31), Locale = "nb_NO" },
        };
        browser.SignIn("42");
        var session = await (await browser.ScriptAsync("/rpc/hasSession.js")).ScriptAsync();
        Assert.Equal("Ann", session.GetProperty("givenName").GetString());
        browser.Grains.Session = visitor => new VisitorSession { VisitorId = visitor };
        browser.Grains.SignedIn = _ => UserId.TryParse("42", out var user) ? user : null;
        browser.Grains.Calls.Clear();

        var answer = await (await browser.ScriptAsync(path, "&product_id=1042&sp_id=" + session.GetProperty("sp_id").GetString(), shown: "none")).ScriptAsync();

        string[] expected = ["result", "serverTime", "serverTimeMs", "expiresIn", "baseDomain", "visitor", "userStatus", "userId", "id", "uuid", "productId"];
        if (path == Subscription) expected = [.. expected, "subscriptionId"];
        Assert.Equal([.. expected, "sig"], answer.EnumerateObject().Select(field => field.Name));
        Assert.Equal((true, 42), (answer.GetProperty("result").GetBoolean(), answer.GetProperty("userId").GetInt32()));
        Assert.Equal(session.GetProperty("uuid").GetString(), answer.GetProperty("uuid").GetString());
        Assert.True(SignedText.TryVerify(["news-sign-secret"u8.ToArray()], answer.GetProperty("sig").GetString(), out var payload));
        Assert.Equal([.. expected, "algorithm", "aud", "exp"], payload.Value.EnumerateObject().Select(field => field.Name));
        Assert.DoesNotContain(browser.Grains.Calls, call => call.Method == "GetAccount");
    }

    [Fact]
    public async Task TheSpId_StandsInForTheCookieUntilItsSessionEnds()
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn("7");
        var spId = (await (await browser.ScriptAsync("/rpc/hasSession.js")).ScriptAsync()).GetProperty("sp_id").GetString()!;
        browser.Grains.Session = visitor => new VisitorSession { VisitorId = visitor };
        browser.Grains.SignedIn = visitor => visitor == browser.Visitor && UserId.TryParse("7", out var user) ? user : null;
        async Task<JsonElement> AskAsync(string text, string client = "news") => await (await browser.ScriptAsync(
            Product, $"&product_id=1042&sp_id={text}", shown: "none", client: client, redirectUri: client == "news" ? BrowserHost.Page : "https://partner.test/",
            referer: client == "news" ? BrowserHost.Page : "https://partner.test/")).ScriptAsync();

        Assert.True((await AskAsync(spId)).GetProperty("result").GetBoolean());
        Assert.True((await AskAsync(spId[..^4] + "AAAA")).TryGetProperty("error", out _));
        Assert.True((await AskAsync(spId, "partner")).TryGetProperty("error", out _));
        browser.Grains.SignedIn = _ => null;
        Assert.True((await AskAsync(spId)).TryGetProperty("error", out _));
    }
}
