using System.Text.Json;
using Microsoft.Playwright;
using SpidOrleans.BrowserTests.StandIn;

namespace SpidOrleans.BrowserTests.Sdk;

/// <summary>A tab of a site that has loaded and initialised the SDK.</summary>
public sealed class SdkPage
{
    private static readonly string[] EventNames =
    [
        "SPiD.visitor", "SPiD.login", "SPiD.logout", "SPiD.userChange", "SPiD.sessionChange", "SPiD.notLoggedin", "SPiD.sessionInit",
        "SPiD.statusChange", "SPiD.loginException", "SPiD.error", "auth.visitor", "auth.login", "auth.logout", "auth.userChange",
        "auth.sessionChange", "auth.notLoggedin", "auth.sessionInit", "auth.statusChange", "VGS.loginException", "VGS.error",
        "SPiD.hasProduct", "SPiD.hasSubscription",
    ];

    private readonly SessionStandIn _standIn;

    private readonly object _options;

    private SdkPage(IPage tab, SessionStandIn standIn, object options)
    {
        Tab = tab;
        _standIn = standIn;
        _options = options;
    }

    public IPage Tab { get; }

    /// <param name="options">More options of <c>SPiD.init</c>.</param>
    public static async Task<SdkPage> OpenAsync(
        IBrowserContext profile, SessionStandIn standIn, int sessionTimeoutMs = 5_000, object? options = null)
    {
        var page = new SdkPage(await profile.NewPageAsync(), standIn, options ?? new { });
        await page.LoadAsync(sessionTimeoutMs);
        return page;
    }

    /// <summary>Goes to the site's page (again): the former page of this tab ends.</summary>
    public async Task LoadAsync(int sessionTimeoutMs = 5_000)
    {
        await Tab.GotoAsync(new Uri(_standIn.Site, "page").ToString());
        await Tab.EvaluateAsync(
            """
            ({ server, timeout, names, options }) => {
              window.log = [];
              names.forEach(name => SPiD.event.subscribe(name, payload => log.push({ name, payload: payload === undefined ? null : payload })));
              SPiD.init(Object.assign({ client_id: 'news', server, timeout }, options));
            }
            """,
            new { server = _standIn.Cluster.GetLeftPart(UriPartial.Authority), timeout = sessionTimeoutMs, names = EventNames, options = _options });
    }

    public Task LeaveAsync() => Tab.GotoAsync(new Uri(_standIn.Site, "elsewhere").ToString());

    /// <summary>Asks for the session and waits for the answer.</summary>
    public Task<JsonElement> HasSessionAsync() => Tab.EvaluateAsync<JsonElement>(
        "() => new Promise(resolve => SPiD.hasSession((error, session) => resolve({ error, session })))");

    /// <summary>Tracks events without waiting for anything.</summary>
    public Task TrackAsync(params string[] events) => Tab.EvaluateAsync("events => { events.forEach(name => { SPiD.track(name, { n: name }); }); }", events);

    /// <summary>Tracks an event and waits until its promise is settled: <c>{ok: the event}</c> or <c>{refused: the reason}</c>.</summary>
    public Task<JsonElement> TrackAndWaitAsync(string name) => Tab.EvaluateAsync<JsonElement>(
        "name => SPiD.track(name).then(ok => ({ ok }), fault => ({ refused: fault.message }))", name);

    public Task FlushAsync() => Tab.EvaluateAsync("() => SPiD.flush()");

    /// <summary>The names of the events that the SDK fired, since the last call.</summary>
    public async Task<string[]> FiredAsync(string prefix)
    {
        var names = await Tab.EvaluateAsync<string[]>(
            "prefix => { const mine = log.filter(e => e.name.startsWith(prefix) || prefix === '1' && /^(auth|VGS)/.test(e.name)); log = log.filter(e => !mine.includes(e)); return mine.map(e => e.name); }",
            prefix);
        return names;
    }

    /// <summary>The payload of the latest event of that name.</summary>
    public Task<JsonElement> PayloadAsync(string name) =>
        Tab.EvaluateAsync<JsonElement>("name => log.filter(e => e.name === name).pop().payload", name);

    /// <summary>How many events wait in this browser's storage.</summary>
    public Task<int> WaitingAsync() => Tab.EvaluateAsync<int>("() => Object.keys(localStorage).filter(key => key.startsWith('spid:')).length");
}
