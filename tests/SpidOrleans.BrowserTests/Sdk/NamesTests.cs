using System.Text.RegularExpressions;
using SpidOrleans.BrowserTests.Browsing;
using SpidOrleans.BrowserTests.StandIn;

namespace SpidOrleans.BrowserTests.Sdk;

/// <summary>The names of both generations: as the types declare them, and those that need no server.</summary>
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
