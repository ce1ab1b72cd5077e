using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SpidOrleans.Web.Admission;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

/// <summary><c>Limits:BrowserRequestsPerSecond</c> of 1: ten at once, and those that many more could get while a test runs.</summary>
public sealed class BrowserRateTests
{
    /// <summary>At once: even a machine that needs a minute for them refuses some.</summary>
    private const int Many = 100;

    private static readonly (string, string) Slow = ("Limits:BrowserRequestsPerSecond", "1");

    [Theory]
    [InlineData("/rpc/hasSession.js", "")]
    [InlineData("/ajax/hasSession.js", "&autologin=1")]
    [InlineData("/ajax/hasproduct.js", "&product_id=1042")]
    [InlineData("/ajax/hassubscription.js", "&product_id=1042")]
    [InlineData("/ajax/logout.js", "")]
    [InlineData("/ajax/acceptAgreement.js", "")]
    [InlineData("/ajax/traits.js", "&t=a.b")]
    public async Task AScriptThatIsAskedForTooOften_IsSpidsErrorUnderStatus200_AndTheVisitorStays(string path, string more)
    {
        await using var browser = await BrowserHost.StartAsync(Slow);
        browser.SignIn("7");

        var answers = await Task.WhenAll(Enumerable.Range(0, Many).Select(_ => browser.ScriptAsync(path, more)));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        var refused = answers.Where(answer => answer.Headers.RetryAfter is not null).ToList();
        Assert.InRange(Many - refused.Count, 9, Many - 1);
        var told = await refused[0].ScriptAsync();
        Assert.Equal((420, "communication"), (told.GetProperty("error").GetProperty("code").GetInt32(), told.GetProperty("error").GetProperty("type").GetString()));
        Assert.False(told.GetProperty("response").GetProperty("result").GetBoolean());
        Assert.Equal(browser.Visitor.ToString(), told.GetProperty("response").GetProperty("visitor").GetProperty("uid").GetString());
        Assert.True(refused[0].Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        Assert.Equal("text/javascript", refused[0].Content.Headers.ContentType!.MediaType);
        Assert.Null(refused[0].SetCookie());
    }

    [Fact]
    public async Task ARefusedScript_TellsAForeignPageNothing_AndCallsNoProgram()
    {
        await using var browser = await BrowserHost.StartAsync(Slow);

        await Task.WhenAll(Enumerable.Range(0, Many).Select(_ => browser.ScriptAsync("/rpc/hasSession.js")));
        var foreign = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => browser.ScriptAsync("/rpc/hasSession.js", referer: "https://evil.test/", site: "cross-site")));
        var hostile = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => browser.ScriptAsync("/rpc/hasSession.js", callback: "alert(1)//")));

        foreach (var answer in foreign) Assert.True(BrowserHost.IsSilent(await answer.ScriptAsync()));
        foreach (var answer in hostile) Assert.DoesNotContain("alert", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains(hostile, answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
    }

    [Theory]
    [InlineData("GET", "/session?client_sdrn=sdrn:schibsted.com:client:news")]
    [InlineData("GET", "/v2/session?client_sdrn=sdrn:schibsted.com:client:news")]
    [InlineData("GET", "/hasAccess/1042?client_sdrn=sdrn:schibsted.com:client:news")]
    [InlineData("GET", "/hasProduct/1042?client_sdrn=sdrn:schibsted.com:client:news")]
    [InlineData("POST", "/v1/collect")]
    [InlineData("POST", "/v1/collect/consent")]
    public async Task WhatAPageFetchesTooOften_IsRefusedSoThatItCanReadWhenToComeBack(string method, string path)
    {
        await using var host = await WebHostFixture.StartAsync(Slow);

        var answers = await Task.WhenAll(Enumerable.Range(0, Many).Select(_ => host.BrowseAsync(new HttpMethod(method), path,
            method == "POST" ? new StringContent("{}", Encoding.UTF8, "text/plain") : null, ("Origin", WebHostFixture.PageOrigin), ("Sec-Fetch-Site", "same-site"))));

        var refused = Assert.IsType<HttpResponseMessage>(answers.First(answer => answer.StatusCode == HttpStatusCode.TooManyRequests));
        await refused.ProblemAsync(429);
        Assert.True(refused.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        Assert.Equal([WebHostFixture.PageOrigin], refused.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal(["Retry-After"], refused.Headers.GetValues("Access-Control-Expose-Headers"));
    }

    [Theory]
    [InlineData("/flow/login")]
    [InlineData("/flow/signup")]
    [InlineData("/logout")]
    [InlineData("/session/refresh")]
    [InlineData("/signin-oidc")]
    public async Task AFlowThatIsBegunTooOften_IsRefused(string path)
    {
        await using var host = await WebHostFixture.StartAsync(Slow);

        var answers = await Task.WhenAll(Enumerable.Range(0, Many).Select(_ => host.BrowseAsync(HttpMethod.Get, path + "?client_id=news", null)));

        await answers.First(answer => answer.StatusCode == HttpStatusCode.TooManyRequests).ProblemAsync(429);
    }

    [Fact]
    public async Task OtherAddresses_AndOtherClients_AreServedMeanwhile()
    {
        await using var host = await WebHostFixture.StartAsync(Slow, ("Proxies:0", "127.0.0.1"));
        const string flooded = "2001:db8:1:2::9";
        // Slots are dealt out by chance.
        var free = Enumerable.Range(1, 100).Select(n => $"2001:db8:{n:x}:3::9").First(address => Slot(address) != Slot(flooded));

        Assert.Contains(await AskAsync(flooded, Many), IsRefused);
        // The same household, under another of its addresses.
        Assert.Contains(await AskAsync("2001:db8:1:2:aaaa::1", Many), IsRefused);
        Assert.DoesNotContain(await AskAsync(free, 5), IsRefused);
        if (Slot(flooded) != Slot(flooded, "partner")) Assert.DoesNotContain(await AskAsync(flooded, 5, "partner"), IsRefused);

        Task<HttpResponseMessage[]> AskAsync(string address, int times, string client = "news") => Task.WhenAll(Enumerable.Range(0, times).Select(_ =>
            host.BrowseAsync(HttpMethod.Get, $"/rpc/hasSession.js?client_id={client}&callback=f1", null, ("X-Forwarded-For", address))));

        static bool IsRefused(HttpResponseMessage answer) => answer.Headers.RetryAfter is not null;

        static int Slot(string address, string client = "news") => CallerAddress.SlotOf(IPAddress.Parse(address), client);
    }

    [Fact]
    public async Task Unlimited_RefusesNobody()
    {
        await using var browser = await BrowserHost.StartAsync(("Limits:BrowserRequestsPerSecond", "unlimited"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 2_000).Select(_ => browser.ScriptAsync("/rpc/hasSession.js")));

        Assert.All(answers, answer => Assert.Null(answer.Headers.RetryAfter));
    }

    [Fact]
    public async Task AnUnknownProxysCallers_AreRefusedWithOneWarning()
    {
        var log = new Lines();
        await using var host = await WebHostFixture.StartHostAsync(
            isFacade: false, [Slow], services => services.AddSingleton<ILoggerProvider>(log).AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning)));

        await Task.WhenAll(Enumerable.Range(0, Many).Select(n =>
            host.BrowseAsync(HttpMethod.Get, "/rpc/hasSession.js?client_id=news&callback=f1", null, ("X-Forwarded-For", $"203.0.113.{n}"))));

        Assert.Equal([3200], log.Ids);
    }

    [Fact]
    public async Task ARefusal_IsCountedUnderItsReasonAndClient()
    {
        await using var browser = await BrowserHost.StartAsync(Slow);
        using var counted = new CountedRefusals(browser.Host.Services);

        var answers = await Task.WhenAll(Enumerable.Range(0, Many).Select(_ => browser.ScriptAsync("/rpc/hasSession.js")));

        Assert.Equal(answers.Count(answer => answer.Headers.RetryAfter is not null), counted.Of("browser_requests", "news"));
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        private readonly List<int> _ids = [];

        public int[] Ids
        {
            get { lock (_ids) return [.. _ids]; }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_ids) if (eventId.Id is >= 3200 and < 3220) _ids.Add(eventId.Id);
        }

        public void Dispose() { }
    }
}
