using SpidOrleans.BrowserTests.Browsing;
using SpidOrleans.BrowserTests.StandIn;

namespace SpidOrleans.BrowserTests.Sdk;

public sealed class SessionTests(ChromiumFixture chromium) : SdkTests(chromium)
{
    [Fact]
    public async Task HasSession_WhenNobodyIsSignedIn_FiresTheAnonymousEventsOfBothGenerationsInOrder()
    {
        var page = await OpenAsync();
        var answer = await page.HasSessionAsync();

        Assert.Equal("UserException", answer.GetProperty("error").GetProperty("type").GetString());
        var uid = answer.GetProperty("session").GetProperty("visitor").GetProperty("uid").GetString();
        var payload = await page.PayloadAsync("SPiD.visitor");
        Assert.Equal(uid, payload.GetProperty("uid").GetString());
        Assert.False(payload.TryGetProperty("user_id", out _));
        Assert.Equal(["SPiD.error", "SPiD.visitor", "SPiD.notLoggedin", "SPiD.statusChange"], await page.FiredAsync("SPiD."));
        Assert.Equal(["auth.visitor", "VGS.error", "auth.notLoggedin", "auth.sessionChange"], await page.FiredAsync("1"));

        await page.LoadAsync();
        var again = await page.HasSessionAsync();
        Assert.Equal(uid, again.GetProperty("session").GetProperty("visitor").GetProperty("uid").GetString());
    }

    [Fact]
    public async Task HasSession_AsPersonsComeAndGo_FiresTheEventsOfBothGenerationsInOrder()
    {
        StandIn.User = "1844813";
        var page = await OpenAsync();
        await page.HasSessionAsync();
        Assert.Equal("1844813", (await page.PayloadAsync("auth.visitor")).GetProperty("user_id").GetString());
        Assert.Equal(["SPiD.visitor", "SPiD.login", "SPiD.sessionChange", "SPiD.sessionInit", "SPiD.statusChange"], await page.FiredAsync("SPiD."));
        Assert.Equal(["auth.visitor", "auth.statusChange", "auth.login", "auth.sessionChange", "auth.sessionInit"], await page.FiredAsync("1"));

        StandIn.User = "42";
        await page.HasSessionAsync();
        Assert.Equal(["SPiD.visitor", "SPiD.login", "SPiD.userChange", "SPiD.sessionChange"], await page.FiredAsync("SPiD."));
        Assert.Equal(["auth.visitor", "auth.logout", "auth.login", "auth.sessionChange", "auth.userChange"], await page.FiredAsync("1"));

        StandIn.User = null;
        await page.HasSessionAsync();
        Assert.Equal(["SPiD.error", "SPiD.visitor", "SPiD.logout", "SPiD.sessionChange", "SPiD.statusChange"], await page.FiredAsync("SPiD."));
        Assert.Equal(["auth.visitor", "VGS.error", "auth.statusChange", "auth.logout", "auth.sessionChange"], await page.FiredAsync("1"));
    }

    [Fact]
    public async Task HasSession_AfterALoginException_AsksTheCoreAndThenFiresTheLogin()
    {
        StandIn.Session = SessionMode.SendsToCore;
        StandIn.User = "1844813";
        var page = await OpenAsync();
        var answer = await page.HasSessionAsync();

        Assert.Equal("1844813", answer.GetProperty("session").GetProperty("userId").GetString());
        Assert.Equal(
            ["SPiD.loginException", "SPiD.visitor", "SPiD.login", "SPiD.sessionChange", "SPiD.sessionInit", "SPiD.statusChange"],
            await page.FiredAsync("SPiD."));
        Assert.Equal(
            ["auth.visitor", "VGS.loginException", "auth.visitor", "auth.statusChange", "auth.login", "auth.sessionChange", "auth.sessionInit"],
            await page.FiredAsync("1"));
    }

    [Fact]
    public async Task HasSession_CalledTwiceAtOnce_AsksOnceAndAnswersBoth()
    {
        var page = await OpenAsync();
        var answers = await page.Tab.EvaluateAsync<string[]>(
            "() => Promise.all([0, 1].map(() => new Promise(resolve => SPiD.hasSession((error, session) => resolve(session.visitor.uid)))))");

        Assert.Equal(answers[0], answers[1]);
        Assert.Equal(1, StandIn.SessionCalls);
    }

    [Fact]
    public async Task HasSession_WhenTheServerHangs_FailsInTimeAndLeavesTheSessionAsItWas()
    {
        // By the browser's clock, which is moved on once the request hangs; longer than a busy machine takes for the first one.
        await Profile.Clock.InstallAsync();
        StandIn.User = "1844813";
        var page = await OpenAsync(sessionTimeoutMs: 60_000);
        await page.HasSessionAsync();
        await page.FiredAsync("SPiD.");
        StandIn.Session = SessionMode.Hangs;
        var asking = page.HasSessionAsync();
        await StandIn.WaitForSessionCallsAsync(2);
        await page.Tab.Clock.FastForwardAsync(61_000);
        var answer = await asking;

        var error = answer.GetProperty("error");
        Assert.Equal("communication", error.GetProperty("type").GetString());
        Assert.Equal(503, error.GetProperty("code").GetInt32());
        Assert.Equal("Timeout reached", error.GetProperty("description").GetString());
        Assert.Equal(["SPiD.error"], await page.FiredAsync("SPiD."));
        Assert.Equal("1844813", await page.Tab.EvaluateAsync<string>("() => VGS.getSession().userId"));

        // And the next question is another one.
        StandIn.Session = SessionMode.Answers;
        await page.HasSessionAsync();
        Assert.Equal(["SPiD.visitor", "SPiD.sessionChange"], await page.FiredAsync("SPiD."));
    }

    [Fact]
    public async Task HasSession_WhenTheServerAnswersWithAnErrorStatus_FailsAtOnce()
    {
        StandIn.Session = SessionMode.Refuses;
        var page = await OpenAsync(sessionTimeoutMs: 30_000);
        var answer = await page.HasSessionAsync();

        Assert.Equal("Browser triggered error", answer.GetProperty("error").GetProperty("description").GetString());
    }

    [Fact]
    public async Task Subscriber_ThatThrows_KeepsNobodyElseFromTheEvent()
    {
        var page = await OpenAsync();
        var faults = new List<string>();
        page.Tab.PageError += (_, fault) => { lock (faults) faults.Add(fault); };
        var seen = await page.Tab.EvaluateAsync<string[]>(
            """
            () => new Promise(resolve => {
              const seen = [];
              const removed = () => seen.push('removed');
              SPiD.event.subscribe('SPiD.visitor', () => { throw new Error('a fault of the page'); });
              SPiD.event.subscribe('SPiD.visitor', removed);
              SPiD.event.subscribe('SPiD.visitor', visitor => seen.push('visitor'));
              VGS.Event.subscribe('auth.visitor', () => seen.push('auth'));
              SPiD.event.unsubscribe('SPiD.visitor', removed);
              SPiD.hasSession(() => {
                SPiD.event.subscribe('SPiD.visitor', () => seen.push('too late'));
                setTimeout(() => resolve(seen));
              });
            })
            """);

        Assert.Equal(["visitor", "auth"], seen);
        lock (faults) Assert.Contains(faults, fault => fault.Contains("a fault of the page", StringComparison.Ordinal));
    }

    [Fact]
    public async Task VgsInit_WithStatus_AsksAtOnceAndServesTheNamesOfTheFirstGeneration()
    {
        StandIn.User = "42";
        var tab = await Profile.NewPageAsync();
        await tab.GotoAsync(new Uri(StandIn.Site, "page").ToString());
        var status = await tab.EvaluateAsync<string>(
            """
            server => new Promise(resolve => {
              VGS.Event.subscribe('auth.login', () => VGS.getLoginStatus(answer => resolve(answer.status + ' ' + VGS.getSession().userId)));
              VGS.init({ client_id: 'news', server, status: true });
            })
            """,
            StandIn.Cluster.GetLeftPart(UriPartial.Authority));

        Assert.Equal("connected 42", status);
        Assert.Equal(1, StandIn.SessionCalls);
    }

    [Fact]
    public async Task Init_WithoutServerOrClient_ThrowsATypeErrorThatNamesIt()
    {
        var tab = await Profile.NewPageAsync();
        await tab.GotoAsync(new Uri(StandIn.Site, "page").ToString());
        var messages = await tab.EvaluateAsync<string[]>(
            "() => [{ client_id: 'news' }, { server: 'id.news.test' }, undefined].map(o => { try { SPiD.init(o); return 'none'; } catch (e) { return e.name + ' ' + e.message; } })");

        Assert.Equal("TypeError [SPiD] server parameter is required", messages[0]);
        Assert.Equal("TypeError [SPiD] client_id parameter is required", messages[1]);
        Assert.StartsWith("TypeError", messages[2], StringComparison.Ordinal);
    }
}
