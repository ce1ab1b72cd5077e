using System.Text.Json;
using System.Text.RegularExpressions;
using SpidOrleans.BrowserTests.Browsing;
using SpidOrleans.BrowserTests.StandIn;

namespace SpidOrleans.BrowserTests.Sdk;

/// <summary>The names of both generations, and what each does on the wire.</summary>
public sealed class NamesTests(ChromiumFixture chromium) : SdkTests(chromium)
{
    [Theory]
    [InlineData("SPiD", "SpidSdk")]
    [InlineData("VGS", "VgsSdk")]
    [InlineData("SPiD.event", "Events")]
    [InlineData("SPiD.sessionCache", "Cache")]
    [InlineData("SPiD_Uri", "Addresses")]
    public async Task TheTypes_DeclareEveryNameOfTheScriptAndNoOther(string value, string type)
    {
        var tab = await OpenBareAsync();
        var names = await tab.EvaluateAsync<string[]>($"() => Object.keys({value})");

        Assert.Equal(DeclaredNames(type), names.Order(StringComparer.Ordinal));
    }

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

    [Fact]
    public async Task Addresses_AreTheOriginals()
    {
        var page = await OpenAsync();
        var addresses = await page.Tab.EvaluateAsync<string[]>(
            """
            () => [
              SPiD.Uri.login('https://a.test/?b=c&d'), SPiD.Uri.auth(), SPiD.Uri.signup(null, 'other'), SPiD.Uri.logout(), SPiD.Uri.account(),
              SPiD.Uri.purchaseHistory(), SPiD.Uri.subscriptions(), SPiD.Uri.products(), SPiD.Uri.redeem('v1'), SPiD.Uri.purchaseProduct(7),
              SPiD.Uri.purchaseCampaign(5, 7, 'v1'), SPiD_Uri.login(null, null, { tag: 'front page', state: 's&t', tracking_ref: null }),
              SPiD.Uri.build('x/y', { a: 'b%20c', d: 0 }),
              VGS.getLoginURI('https://a.test/'), VGS.getSignupURI(), VGS.getLogoutURI(), VGS.getAccountURI(), VGS.getPurchaseHistoryURI(),
              VGS.getSubscriptionsURI(), VGS.getProductsURI(), VGS.getRedeemVoucherURI('v1'), VGS.getPurchaseProductURI(7),
              VGS.getPurchaseCampaignURI(5, 7, 'v1'), VGS.getFlowUrl('login', { tag: 'a' }),
            ].map(address => {
              const { origin, pathname, searchParams } = new URL(address);
              const isServers = origin + '/' === SPiD.server();
              return isServers + ' ' + pathname + ' ' + Array.from(searchParams, pair => pair.join('=')).sort().join(' ');
            })
            """);
        var here = "redirect_uri=" + new Uri(StandIn.Site, "page");
        const string Code = "response_type=code";

        Assert.Equal(
        [
            $"true /flow/login client_id=news redirect_uri=https://a.test/?b=c&d {Code}",
            $"true /flow/auth client_id=news {here} {Code}",
            $"true /flow/signup client_id=other {here} {Code}",
            $"true /logout client_id=news {here} {Code}",
            $"true /account/summary client_id=news {here} {Code}",
            $"true /account/purchasehistory client_id=news {here}",
            $"true /account/subscriptions client_id=news {here}",
            $"true /account/products client_id=news {here}",
            $"true /account/redeem client_id=news {here} voucher_code=v1",
            $"true /flow/checkout client_id=news flow=payment product_id=7 {here} {Code}",
            $"true /flow/checkout campaign_id=5 client_id=news flow=payment product_id=7 {here} {Code} voucher_code=v1",
            $"true /flow/login client_id=news {here} {Code} state=s&t tag=front page",
            "true /x/y a=b c",
            $"true /flow/login client_id=news redirect_uri=https://a.test/ {Code}",
            $"true /flow/signup client_id=news {here} {Code}",
            $"true /logout client_id=news {here}",
            $"true /account/summary client_id=news {here} {Code}",
            $"true /account/purchasehistory client_id=news {here} {Code}",
            $"true /account/subscriptions client_id=news {here} {Code}",
            $"true /account/products client_id=news {here} {Code}",
            $"true /account/redeem client_id=news {here} {Code} voucher_code=v1",
            $"true /flow/checkout client_id=news product_id=7 {here} {Code}",
            $"true /flow/checkout campaign_id=5 client_id=news product_id=7 {here} {Code} voucher_code=v1",
            $"true /flow/login client_id=news {here} {Code} tag=a",
        ], addresses);
    }

    [Fact]
    public async Task Options_AreTakenAndTold()
    {
        var tab = await OpenBareAsync();
        var told = await tab.EvaluateAsync<string[]>(
            """
            () => {
              const before = [SPiD.initiated(), SPiD.server()];
              const lines = [];
              console.info = (...parts) => lines.push(parts[0]);
              SPiD.init({ client_id: 'news', server: 'id.news.test', https: false, useSessionCluster: false, logging: true, timeout: 7 });
              SPiD.event.fire('mine');
              return before.concat(SPiD.initiated(), SPiD.server(), SPiD.sessionEndpoint(), SPiD.coreEndpoint(), SPiD.options().timeout, lines).map(String);
            }
            """);
        Assert.Equal(
            ["false", "null", "true", "http://id.news.test/", "http://id.news.test/ajax/hasSession.js", "http://id.news.test/ajax/hasSession.js", "7", "[SPiD] mine"],
            told);
    }

    [Fact]
    public async Task BeforeInit_EveryCallThatNeedsItSaysSo()
    {
        var tab = await OpenBareAsync();
        var messages = await tab.EvaluateAsync<string[]>(
            """
            () => [
              () => SPiD.hasSession(), () => SPiD.hasProduct(1), () => SPiD.hasSubscription(1), () => SPiD.logout(), () => SPiD.acceptAgreement(),
              () => SPiD.setTraits('t'), () => SPiD.track('a'), () => SPiD.Uri.login(), () => VGS.getLoginStatus(), () => VGS.hasProduct(1),
            ].map(call => { try { call(); return 'none'; } catch (fault) { return fault.message; } })
            """);

        Assert.All(messages, message => Assert.Equal("[SPiD] init has not been called", message));
    }

    [Fact]
    public async Task AnAsyncPage_IsCalledOnceTheScriptHasLoaded()
    {
        var tab = await Profile.NewPageAsync();
        await tab.AddInitScriptAsync("window.called = []; window.asyncSPiD = () => called.push('2'); window.vgsAsyncInit = () => called.push('1');");
        await tab.GotoAsync(new Uri(StandIn.Site, "page").ToString());
        await tab.WaitForFunctionAsync("() => called.length > 1");

        Assert.Equal(["2", "1"], await tab.EvaluateAsync<string[]>("() => called"));
    }

    private static async Task<JsonElement> AskAsync(SdkPage page, string method, string id) => await page.Tab.EvaluateAsync<JsonElement>(
        "({ method, id }) => new Promise(resolve => SPiD[method](id, (error, answer) => resolve({ error, answer })))", new { method, id });

    private static Task<string> PayloadTextAsync(SdkPage page, string name) =>
        page.Tab.EvaluateAsync<string>("name => JSON.stringify(log.filter(e => e.name === name).pop().payload)", name);

    /// <summary>The members of an interface of spid-sdk.d.ts: they stand one level in.</summary>
    private static IEnumerable<string> DeclaredNames(string type)
    {
        var begin = Regex.Match(SessionStandIn.Types, $@"^( *)interface {type} \{{\r?\n", RegexOptions.Multiline);
        Assert.True(begin.Success, $"spid-sdk.d.ts declares no {type}.");
        var indent = begin.Groups[1].Value;
        var rest = SessionStandIn.Types[(begin.Index + begin.Length)..];
        var body = rest[..rest.IndexOf($"\n{indent}}}", StringComparison.Ordinal)];
        return Regex.Matches(body, $@"^{indent}  (\w+)\??[(:<]", RegexOptions.Multiline).Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal);
    }
}
