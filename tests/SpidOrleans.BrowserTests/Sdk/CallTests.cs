using System.Text.Json;
using SpidOrleans.BrowserTests.Browsing;

namespace SpidOrleans.BrowserTests.Sdk;

/// <summary>Products, logout, terms, traits: what each call of both generations sends, tells and fires.</summary>
public sealed class CallTests(ChromiumFixture chromium) : SdkTests(chromium)
{
    [Fact]
    public async Task HasProduct_TellsWhatTheUserHasAndFiresIt()
    {
        StandIn.User = "42";
        StandIn.Products.Add("1042");
        var page = await OpenAsync(options: new { storage = "localstorage" });
        await page.HasSessionAsync();
        await page.FiredAsync("SPiD.");

        var had = await AskAsync(page, "hasProduct", "1042");
        Assert.True(had.GetProperty("answer").GetProperty("result").GetBoolean());
        Assert.Equal("""{"productId":"1042","result":true}""", await PayloadTextAsync(page, "SPiD.hasProduct"));
        Assert.Equal(["SPiD.visitor", "SPiD.sessionChange", "SPiD.hasProduct"], await page.FiredAsync("SPiD."));
        var (name, query) = Assert.Single(StandIn.Scripts);
        Assert.Equal(("hasproduct", "1042", "sp-42", "news"), (name, query["product_id"], query["sp_id"], query["client_id"]));

        await AskAsync(page, "hasSubscription", "7");
        Assert.Equal("""{"subscriptionId":"7","productId":"7","result":false}""", await PayloadTextAsync(page, "SPiD.hasSubscription"));
        Assert.Equal(1, StandIn.SessionCalls);
    }

    [Fact]
    public async Task HasProduct_IsKeptForItsUserAloneAndADenialForSeconds()
    {
        StandIn.User = "42";
        StandIn.Products.Add("1042");
        await Profile.Clock.InstallAsync();
        var page = await OpenAsync(options: new { storage = "localstorage" });
        foreach (var id in new[] { "1042", "1042", "7", "7" }) await AskAsync(page, "hasProduct", id);
        Assert.Equal(["1042", "7"], StandIn.Scripts.Select(script => script.Query["product_id"]));

        await page.Tab.Clock.FastForwardAsync(11_000);
        foreach (var id in new[] { "1042", "7" }) await AskAsync(page, "hasProduct", id);
        Assert.Equal(["1042", "7", "7"], StandIn.Scripts.Select(script => script.Query["product_id"]));

        // The next person does not inherit it.
        StandIn.User = "43";
        await page.Tab.EvaluateAsync("() => SPiD.sessionCache.clear()");
        await AskAsync(page, "hasProduct", "1042");
        Assert.Equal(4, StandIn.Scripts.Count);
    }

    [Fact]
    public async Task HasProduct_WhenNobodyIsSignedIn_CallsBackWithTheErrorAndAsksForNoProduct()
    {
        var page = await OpenAsync();
        var answer = await AskAsync(page, "hasProduct", "1042");

        Assert.Equal("UserException", answer.GetProperty("error").GetProperty("type").GetString());
        Assert.Empty(StandIn.Scripts);
        Assert.DoesNotContain("SPiD.hasProduct", await page.FiredAsync("SPiD."));
    }

    [Fact]
    public async Task HasProduct_CalledTwiceAtOnce_AsksOnceAndAnswersBoth()
    {
        StandIn.User = "42";
        var page = await OpenAsync();
        await page.Tab.EvaluateAsync("() => Promise.all([0, 1].map(() => new Promise(resolve => SPiD.hasProduct('1042', resolve))))");

        Assert.Single(StandIn.Scripts);
        Assert.Equal(1, StandIn.SessionCalls);
    }

    [Fact]
    public async Task Logout_DropsWhatIsKeptAndFiresAndTheBrowserIsAnotherVisitor()
    {
        StandIn.User = "42";
        var page = await OpenAsync(options: new { storage = "localstorage", setVarnishCookie = true });
        var former = (await page.HasSessionAsync()).GetProperty("session").GetProperty("visitor").GetProperty("uid").GetString();
        Assert.True(await page.Tab.EvaluateAsync<bool>("() => SPiD.hasVarnishCookie() && !!localStorage.spid_js_news"));
        await page.FiredAsync("SPiD.");

        var answer = await page.Tab.EvaluateAsync<JsonElement>("() => new Promise(resolve => SPiD.logout((error, answer) => resolve({ error, answer })))");

        Assert.True(answer.GetProperty("answer").GetProperty("result").GetBoolean());
        Assert.Equal(["SPiD.logout"], await page.FiredAsync("SPiD."));
        Assert.False(await page.Tab.EvaluateAsync<bool>("() => SPiD.hasVarnishCookie() || !!localStorage.spid_js_news"));
        var next = await page.HasSessionAsync();
        Assert.Equal("UserException", next.GetProperty("error").GetProperty("type").GetString());
        Assert.NotEqual(former, next.GetProperty("session").GetProperty("visitor").GetProperty("uid").GetString());
    }

    [Fact]
    public async Task VgsLogout_FiresAtOnceAndCallsBackWithTheAnswerAsItCame()
    {
        StandIn.User = "42";
        var page = await OpenAsync();
        await page.HasSessionAsync();
        await page.FiredAsync("1");
        var answer = await page.Tab.EvaluateAsync<JsonElement>("() => new Promise(resolve => VGS.Auth.logout(resolve))");

        Assert.True(answer.GetProperty("response").GetProperty("result").GetBoolean());
        Assert.Equal(["auth.statusChange", "auth.logout", "auth.sessionChange"], await page.FiredAsync("1"));
        Assert.True(await page.Tab.EvaluateAsync<bool>("() => VGS.getSession() === null"));
        await page.Tab.EvaluateAsync("() => VGS.Auth.logout()");
        await page.HasSessionAsync();
        Assert.Equal(2, StandIn.Scripts.Count(script => script.Name == "logout"));
    }

    [Fact]
    public async Task AcceptAgreement_ForgetsTheKeptSessionAndAsksAnew()
    {
        StandIn.User = "42";
        var page = await OpenAsync(options: new { storage = "localstorage" });
        await page.HasSessionAsync();
        var session = await page.Tab.EvaluateAsync<JsonElement>("() => new Promise(resolve => SPiD.acceptAgreement((error, session) => resolve(session)))");

        Assert.Equal("42", session.GetProperty("userId").GetString());
        Assert.Equal(["acceptAgreement"], StandIn.Scripts.Select(script => script.Name));
        Assert.Equal(2, StandIn.SessionCalls);
    }

    [Theory]
    [InlineData("SPiD.setTraits('sig.payload', (error, traits) => resolve(traits))")]
    [InlineData("VGS.setTraits('sig.payload', resolve)")]
    public async Task SetTraits_SendsTheSignedTextAndTellsTheAnswer(string call)
    {
        var page = await OpenAsync();
        var traits = await page.Tab.EvaluateAsync<JsonElement>($"() => new Promise(resolve => {call})");

        Assert.True(traits.GetProperty("Newsletter").GetBoolean());
        var (name, query) = Assert.Single(StandIn.Scripts);
        Assert.Equal(("traits", "sig.payload", "news"), (name, query["t"], query["client_id"]));
        Assert.StartsWith(StandIn.Site.ToString(), query["redirect_uri"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task VgsAjaxSend_CallsTheRegisteredCallback()
    {
        var page = await OpenAsync();
        var answer = await page.Tab.EvaluateAsync<JsonElement>(
            """
            () => new Promise(resolve => {
              const id = VGS.guid();
              VGS.callbacks[id] = resolve;
              VGS.Ajax.send('ajax/acceptAgreement.js?callback=' + id);
            })
            """);

        Assert.True(answer.GetProperty("response").GetProperty("result").GetBoolean());
        Assert.Equal("news", Assert.Single(StandIn.Scripts).Query["client_id"]);

        await page.FiredAsync("1");
        await page.Tab.EvaluateAsync("() => new Promise(resolve => { VGS.Event.subscribe('VGS.error', resolve); VGS.Ajax.send('ajax/nothing.js?callback='); })");
        Assert.Equal("Server Timed Out", (await page.PayloadAsync("VGS.error")).GetProperty("description").GetString());
    }

    [Fact]
    public async Task VgsProducts_TellTheAnswerAsItCameAndAskAgainWhereForced()
    {
        StandIn.User = "42";
        StandIn.Products.Add("1042");
        var tab = await OpenBareAsync();
        var results = await tab.EvaluateAsync<bool[]>(
            """
            async server => {
              await new Promise(resolve => { VGS.Event.subscribe('auth.sessionInit', resolve); VGS.init({ client_id: 'news', server, cookie: true }); });
              const ask = (method, id, force) => new Promise(resolve => VGS[method](id, answer => resolve(answer.result), force));
              return [await ask('hasProduct', '1042'), await ask('hasProduct', '1042'), await ask('hasProduct', '1042', true), await ask('hasSubscription', '7')];
            }
            """,
            Server);

        Assert.Equal([true, true, true, false], results);
        Assert.Equal(["hasproduct", "hasproduct", "hassubscription"], StandIn.Scripts.Select(script => script.Name));
    }

    private static async Task<JsonElement> AskAsync(SdkPage page, string method, string id) => await page.Tab.EvaluateAsync<JsonElement>(
        "({ method, id }) => new Promise(resolve => SPiD[method](id, (error, answer) => resolve({ error, answer })))", new { method, id });

    private static Task<string> PayloadTextAsync(SdkPage page, string name) =>
        page.Tab.EvaluateAsync<string>("name => JSON.stringify(log.filter(e => e.name === name).pop().payload)", name);
}
