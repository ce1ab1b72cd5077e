using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.TestKit.Identity;
using Xunit;

namespace SpidOrleans.UnitTests.Web.SignIn;

/// <summary>The host against a real provider.</summary>
public sealed class ProviderSignInTests : IAsyncLifetime
{
    private static readonly Dictionary<string, string> Ann = new()
    {
        ["sub"] = "user-4711",
        ["name"] = "Ann Example",
        ["given_name"] = "Ann",
        ["family_name"] = "Example",
        ["birthdate"] = "1980-12-31",
        ["gender"] = "female",
        ["locale"] = "nb-NO",
    };

    private readonly LogLines _log = new();
    private IdentityProvider _provider = null!;
    private WebHostFixture _host = null!;
    private TestBrowser _browser = null!;

    public async ValueTask InitializeAsync()
    {
        _provider = await IdentityProvider.StartAsync();
        _provider.Person = Ann;
        _host = await SignInHost.StartAsync(_provider, configure: services => services.AddLogging(logging => logging
            .AddProvider(_log).SetMinimumLevel(LogLevel.Trace).AddFilter("Microsoft", LogLevel.Warning)
            // As the silo's appsettings.json has it.
            .AddFilter("SpidOrleans.Web.SignIn.ProviderHandler", LogLevel.None)));
        await _provider.RegisterAsync(new Uri(_host.Http.BaseAddress!, "/signin-oidc"));
        _browser = new TestBrowser(_host.Origin);
    }

    public async ValueTask DisposeAsync()
    {
        _browser?.Dispose();
        if (_host is not null) await _host.DisposeAsync();
        if (_provider is not null) await _provider.DisposeAsync();
    }

    [Fact]
    public async Task SigningIn_TakesSubjectAndProfileFromTheProvider_AndReturnsToTheSite()
    {
        var visitor = await _browser.VisitAsync();
        _host.Grains.Calls.Clear();

        var (answer, way) = await _browser.FollowAsync(await _browser.GetAsync(SignInHost.Flow("/flow/login", ("state", "s 1"), ("tag", "t"))));

        Assert.Equal((302, SignInHost.Back + "?state=s%201"), ((int)answer.StatusCode, way[^1]));
        Assert.Equal(3, way.Count);
        Assert.All(_host.Grains.Calls, call => Assert.Equal("v:" + visitor, call.Key));
        var login = _host.LoginOf();
        Assert.Equal(("user-4711", "Login", "t"), (login.UserId.ToString(), login.Event.Name, login.Tracking!.Tag));
        Assert.Equal(
            new UserProfile { Birthday = new(1980, 12, 31), Gender = "female", Locale = "nb-NO", DisplayName = "Ann Example", GivenName = "Ann", FamilyName = "Example" },
            login.Profile);
        Assert.NotNull(login.BrowserKey);
        var asked = Assert.Single(_provider.Authorizations);
        Assert.Equal(["code", "S256", "select_account"], new[] { "response_type", "code_challenge_method", "prompt" }.Select(name => asked[name].ToString()));
        // Our cookies would not come along with a form that another site sends.
        Assert.NotEqual("form_post", asked["response_mode"].ToString());
        Assert.NotEmpty(asked["nonce"].ToString());
        Assert.DoesNotContain("s 1", asked["state"].ToString(), StringComparison.Ordinal);
        Assert.All(_browser.SetCookies, cookie => Assert.True(
            cookie.HttpOnly && cookie.SameSite == Microsoft.Net.Http.Headers.SameSiteMode.Lax && !cookie.Secure, cookie.ToString()));
        Assert.DoesNotContain(_browser.Cookies.Keys, name => name.StartsWith("SPID_OIDC", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OfAWayThroughTheProvider_EventsTellThatARegistrationBegan_AndThatTheAnswerWasNoGood_NotThatSomebodyBrokeOff()
    {
        await _browser.VisitAsync();
        _host.Grains.Calls.Clear();
        var started = await _browser.GetAsync(SignInHost.Flow("/flow/signup"));
        Assert.Equal(["Signup started"], Names());

        var callback = await CodeFor(started, _browser, _host);
        await _browser.GetAsync(callback.Replace("code=", "code=x", StringComparison.Ordinal));
        Assert.Equal(["Signup started", "Signup failed"], Names());
        _provider.Person = null;
        await _browser.FollowAsync(await _browser.GetAsync(SignInHost.Flow("/flow/login")));
        Assert.Equal(["Signup started", "Signup failed"], Names());

        List<string> Names() => [.. _host.Grains.Calls.Select(call => Assert.Single(call.Events).Name)];
    }

    [Fact]
    public async Task Registering_AsksTheProviderToCreateAnAccount_AndIsARegistration()
    {
        await _browser.FollowAsync(await _browser.GetAsync(SignInHost.Flow("/flow/signup")));

        Assert.Equal("create", Assert.Single(_provider.Authorizations)["prompt"]);
        Assert.Equal(("Signup completed", "signup"), (_host.LoginOf().Event.Name, _host.LoginOf().Tracking!.Flow));
    }

    [Fact]
    public async Task WhoeverBreaksOff_ReturnsToTheCancelAddress()
    {
        _provider.Person = null;

        var (_, way) = await _browser.FollowAsync(
            await _browser.GetAsync(SignInHost.Flow("/flow/login", ("cancel_redirect_uri", SignInHost.Cancelled), ("state", "s"))));
        var (_, other) = await _browser.FollowAsync(await _browser.GetAsync(SignInHost.Flow("/flow/signup", ("state", "s"))));

        Assert.Equal(SignInHost.Cancelled + "?spid_page=login&state=s", way[^1]);
        Assert.Equal(SignInHost.Back + "?error=access_denied&state=s", other[^1]);
        Assert.Empty(_host.Grains.Calls);
    }

    [Fact]
    public async Task ATamperedCallback_SignsNobodyInAndLeadsNowhere()
    {
        var callback = await CallbackAsync();
        var state = new Uri(callback).Query.Split('&').Single(part => part.TrimStart('?').StartsWith("state=", StringComparison.Ordinal)).TrimStart('?')[6..];
        string Flip(int at) => callback.Replace(state, state[..at] + (state[at] == 'A' ? 'B' : 'A') + state[(at + 1)..], StringComparison.Ordinal);

        foreach (var url in new[]
        {
            callback.Replace("state=" + state, "state=", StringComparison.Ordinal),
            callback.Replace("state=" + state, "state=x", StringComparison.Ordinal),
            callback.Replace(state, state[..^8], StringComparison.Ordinal),
            callback.Replace("state=", "other=", StringComparison.Ordinal),
            Flip(0), Flip(20), Flip(40), Flip(state.Length / 2), Flip(state.Length - 2),
            "/signin-oidc", "/signin-oidc?error=x", "/signin-oidc?error=access_denied&error_description=%0d%0aLocation:%20https://evil.test",
            "/signin-oidc?code=x&state=%00",
        })
        {
            var answer = await _browser.GetAsync(url);
            await answer.PageAsync(400);
            Assert.Null(answer.Headers.Location);
        }

        Assert.Empty(_host.Grains.Calls);
        // What was not touched still works.
        var (_, way) = await _browser.FollowAsync(await _browser.GetAsync(callback));
        Assert.Equal([SignInHost.Back], way);
    }

    [Fact]
    public async Task ACallbackInAnotherBrowser_SignsNobodyIn()
    {
        var callback = await CallbackAsync();
        using var victim = new TestBrowser(_host.Origin);
        await victim.VisitAsync();
        // The victim may have begun a sign-in of its own.
        await victim.GetAsync(SignInHost.Flow("/flow/login"));

        var answer = await victim.GetAsync(callback);

        Assert.Contains("/flow/login?client_id=news", await answer.PageAsync(400), StringComparison.Ordinal);
        Assert.Null(answer.Headers.Location);
        Assert.DoesNotContain(_host.Grains.Calls, call => call.Method == "Login");
    }

    [Fact]
    public async Task ACallbackThatComesAgain_IsNotAnotherLogin()
    {
        var callback = await CallbackAsync();
        var cookies = _browser.Cookies;
        await _browser.FollowAsync(await _browser.GetAsync(callback));

        await (await _browser.GetAsync(callback)).PageAsync(400);
        // Even with the cookies of the first time, as after a lost answer: the provider takes a code once.
        foreach (var (name, value) in cookies.Where(cookie => cookie.Key.StartsWith("SPID_OIDC", StringComparison.Ordinal))) _browser.Plant(name, value);
        var again = await _browser.GetAsync(callback);

        Assert.Contains("Start again", await again.PageAsync(502), StringComparison.Ordinal);
        Assert.Single(_host.Grains.Calls, call => call.Method == "Login");
    }

    [Fact]
    public async Task ALoginThatTheClusterDidNotConfirm_NeedsNoSecondWayThroughTheProvider()
    {
        _host.Grains.Login = (_, _) => throw new TimeoutException();
        var (page, _) = await _browser.FollowAsync(await _browser.GetAsync(SignInHost.Flow("/flow/login", ("state", "s"))));
        await page.PageAsync(503);
        _host.Grains.Login = (visitor, _) => new LoginResult { Outcome = TrackOutcome.Stored, VisitorId = visitor };

        var done = await _browser.SubmitAsync(page);

        Assert.Equal(SignInHost.Back + "?state=s", await TestBrowser.GoesToAsync(done));
        var logins = _host.Grains.Calls.Where(call => call.Method == "Login").Select(call => (LoginRequest)call.Argument!).ToList();
        Assert.Equal((logins[0].Event.InsertId, logins[0].Event.TimeMs, logins[0].Profile), (logins[1].Event.InsertId, logins[1].Event.TimeMs, logins[1].Profile));
        Assert.Single(_provider.Authorizations);
    }

    [Fact]
    public async Task AnotherSilo_GoesOnWhereOneHasBegun_AndAStrangersKeyDoesNot()
    {
        var store = new OneStore();
        await using var first = await SignInHost.StartAsync(_provider, store);
        await using var second = await SignInHost.StartAsync(_provider, store);
        await using var stranger = await SignInHost.StartAsync(_provider, new OneStore());
        await _provider.RegisterAsync(new Uri(first.Http.BaseAddress!, "/signin-oidc"));
        using var browser = new TestBrowser(first.Origin);
        var start = await browser.GetAsync(SignInHost.Flow("/flow/login", ("state", "s")));
        // The provider sends the browser back to the address it knows; a balancer would have another silo answer there.
        var callback = await CodeFor(start, browser, first);

        foreach (var (host, expected) in new[] { (stranger, 400), (second, 302) })
        {
            using var sameBrowser = new TestBrowser(host.Origin);
            foreach (var (name, value) in browser.Cookies) sameBrowser.Plant(name, value);
            var answer = await sameBrowser.GetAsync(callback.Replace(first.Origin, host.Origin, StringComparison.Ordinal));
            Assert.Equal(expected, (int)answer.StatusCode);
        }

        Assert.Equal("user-4711", second.LoginOf().UserId.ToString());
        Assert.Empty(stranger.Grains.Calls);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("$device:7")]
    public async Task ASubjectThatIsNoUserId_SignsNobodyIn_AndIsAFailedLogin(string subject)
    {
        var visitor = await _browser.VisitAsync();
        _host.Grains.Calls.Clear();
        _provider.Person = new Dictionary<string, string> { ["sub"] = subject };

        var (answer, _) = await _browser.FollowAsync(await _browser.GetAsync(SignInHost.Flow("/flow/login")));

        await answer.PageAsync(502);
        var call = Assert.Single(_host.Grains.Calls);
        Assert.Equal(("v:" + visitor, "Login failed"), (call.Key, Assert.Single(call.Events).Name));
    }

    [Fact]
    public async Task WhileTheProviderFails_PeopleAreToldToTryAgain_AndCanOnceItIsBack()
    {
        _provider.Trouble = context => { context.Response.StatusCode = 503; return Task.CompletedTask; };
        var away = await _browser.GetAsync(SignInHost.Flow("/flow/login", ("state", "s")));
        Assert.Contains("/flow/login?client_id=news", await away.PageAsync(503), StringComparison.Ordinal);
        Assert.True(away.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        Assert.Null(away.Headers.Location);

        // It comes back for the way there, which is noticed within a moment, and fails again for the answer.
        _provider.Trouble = null;
        var watch = Stopwatch.StartNew();
        var start = away;
        while (start.StatusCode == System.Net.HttpStatusCode.ServiceUnavailable && watch.Elapsed < TimeSpan.FromSeconds(30))
        {
            // As fast as nobody clicks, but within what one address may ask.
            await Task.Delay(50, TestContext.Current.CancellationToken);
            start = await _browser.GetAsync(SignInHost.Flow("/flow/login"));
        }

        var callback = await CodeFor(start, _browser, _host);
        _provider.Trouble = context => { context.Response.StatusCode = 503; return Task.CompletedTask; };
        var failed = await _browser.GetAsync(callback);
        Assert.Contains("Start again", await failed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.InRange((int)failed.StatusCode, 502, 503);
        Assert.Empty(_host.Grains.Calls);

        _provider.Trouble = null;
        var (_, way) = await _browser.FollowAsync(await _browser.GetAsync(SignInHost.Flow("/flow/login")));
        Assert.Equal(SignInHost.Back, way[^1]);
    }

    [Fact]
    public async Task WhileTheProviderHangs_NobodyWaitsLongerThanOneTimeout()
    {
        _provider.Trouble = context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        await using var host = await SignInHost.StartAsync(_provider, timeout: TimeSpan.FromSeconds(2));
        using var browser = new TestBrowser(host.Origin);
        var watch = Stopwatch.StartNew();

        var answers = await Task.WhenAll(Enumerable.Range(0, 15).Select(_ => browser.GetAsync(SignInHost.Flow("/flow/login"))));

        // One after the other they would take half a minute.
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(20));
        foreach (var answer in answers) await answer.PageAsync(503);
    }

    [Fact]
    public async Task TheCallback_TakesNoForms()
    {
        var answer = await _browser.PostAsync("/signin-oidc", new() { ["code"] = "x", ["state"] = "y" });

        await answer.ProblemAsync(405);
    }

    [Fact]
    public async Task NothingOfTheMachinesOwnKeyRing_IsThere()
    {
        await _browser.FollowAsync(await _browser.GetAsync(SignInHost.Flow("/flow/login")));

        Assert.Null(_host.Services.GetService<IKeyManager>());
        Assert.Single(_host.Grains.Calls, call => call.Method == "Login");
    }

    [Fact]
    public async Task TheLog_NamesNeitherPersonsNorSecrets()
    {
        await _browser.FollowAsync(await _browser.GetAsync(SignInHost.Flow("/flow/login", ("state", "site-state"))));
        var callback = await CallbackAsync();
        _host.Grains.Login = (_, _) => throw new TimeoutException("visitor of user-4711");
        await _browser.GetAsync(callback);
        await _browser.GetAsync(callback + "&error=x&error_description=evil-words");
        _provider.Trouble = context => { context.Response.StatusCode = 500; return Task.CompletedTask; };
        await _browser.GetAsync(callback);
        var secret = _browser.Cookies["SPID_VISITOR"][36..];

        Assert.Contains(_log.Lines, line => line.Contains("not confirmed", StringComparison.Ordinal));
        foreach (var word in new[] { "user-4711", "Ann", "Example", "site-state", "evil-words", IdentityProvider.ClientSecret, secret, "code=", _browser.Cookies["SPID_VISITOR"][..36] })
            Assert.DoesNotContain(_log.Lines, line => line.Contains(word, StringComparison.Ordinal));
    }

    /// <summary>Begins a sign-in and goes through the provider, up to the address that its answer leads to.</summary>
    private async Task<string> CallbackAsync() => await CodeFor(await _browser.GetAsync(SignInHost.Flow("/flow/login")), _browser, _host);

    private static async Task<string> CodeFor(HttpResponseMessage start, TestBrowser browser, WebHostFixture host)
    {
        var (_, way) = await browser.FollowAsync(start, until: host.Origin + "/signin-oidc");
        Assert.Contains("/signin-oidc?", way[^1], StringComparison.Ordinal);
        return way[^1];
    }

    private sealed class OneStore : ISettingStore
    {
        private readonly ConcurrentDictionary<string, byte[]> _values = [];

        public Task<byte[]> GetOrCreateAsync(string name, Func<byte[]> create, CancellationToken cancellationToken) =>
            Task.FromResult(_values.GetOrAdd(name, _ => create()));
    }

    private sealed class LogLines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception) + exception);

        public void Dispose()
        {
        }
    }
}
