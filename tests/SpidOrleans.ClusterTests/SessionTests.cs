using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>Whose browser a session is. A browser here is what it is to the cluster: a visitor id and a secret.</summary>
public sealed class SessionTests(SessionCluster cluster) : IClassFixture<SessionCluster>
{
    private readonly string _name = Guid.NewGuid().ToString("N");

    [Fact]
    public async Task AnAnonymousLook_WritesNothing()
    {
        var browser = new Browser(cluster);
        var before = cluster.Writes;

        for (var look = 0; look < 3; look++) Assert.Equal((browser.Visitor, null), await browser.LookAsync());

        Assert.Equal(before, cluster.Writes);
    }

    [Fact]
    public async Task ALoginByABackEnd_IsTheSessionOfTheBrowserThatComesForIt_AndNotOfItsCookiesCopies()
    {
        var browser = new Browser(cluster);
        var copy = browser.Copy();
        await LoginAsync(browser.Visitor, "ann");

        Assert.Equal((browser.Visitor, User("ann")), await browser.LookAsync());
        Assert.Equal((browser.Visitor, null), await copy.LookAsync());
        Assert.Equal((browser.Visitor, User("ann")), await browser.LookAsync());
        Assert.Equal((browser.Visitor, null), await copy.LookAsync());
    }

    [Fact]
    public async Task ALoginInTheBrowser_IsItsSessionAlone()
    {
        var browser = new Browser(cluster);
        var planted = browser.Copy();
        await browser.LoginAsync(Request("ann"));

        Assert.Equal((browser.Visitor, null), await planted.LookAsync());
        Assert.Equal((browser.Visitor, User("ann")), await browser.LookAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnOldCopy_IsAnotherVisitorOnceItsBrowserHasMovedOn(bool copyComesFirst)
    {
        var browser = new Browser(cluster);
        await LoginAsync(browser.Visitor, "ann");
        await browser.LookAsync();
        var copy = browser.Copy();
        await browser.LogoutAsync();
        await LoginAsync(browser.Visitor, "bob");
        cluster.Clock.Advance(TimeSpan.FromSeconds(11));

        if (copyComesFirst) Assert.Null((await copy.LookAsync()).User);
        Assert.Equal((browser.Visitor, User("bob")), await browser.LookAsync());
        Assert.Null((await copy.LookAsync()).User);
        Assert.NotEqual(browser.Visitor, copy.Visitor);
        Assert.Equal((copy.Visitor, null), await copy.LookAsync());
    }

    [Fact]
    public async Task ACopyFromBeforeTheLogin_IsAnotherVisitorOnceTheBrowserIsAPersons()
    {
        var browser = new Browser(cluster);
        var copy = browser.Copy();
        await browser.LoginAsync(Request("ann"));
        Assert.Equal((browser.Visitor, null), await copy.LookAsync());
        cluster.Clock.Advance(TimeSpan.FromSeconds(11));

        await copy.LookAsync();

        Assert.NotEqual(browser.Visitor, copy.Visitor);
        Assert.Equal((browser.Visitor, User("ann")), await browser.LookAsync());
    }

    [Fact]
    public async Task AnOldCopysEvents_StayWithItsOwnVisitor_AndNeverReachTheNextPerson()
    {
        var browser = new Browser(cluster);
        await browser.LoginAsync(Request("ann"));
        var copy = browser.Copy();
        await browser.LogoutAsync();
        await browser.LoginAsync(Request("bob"));

        Assert.Equal(TrackOutcome.Stored, await copy.TrackAsync(_name + "copied"));
        Assert.Equal(TrackOutcome.Stored, await browser.TrackAsync(_name + "end"));

        var arrivals = (await ArrivalsAsync(_name + "end")).ToLookup(arrival => arrival.Event);
        if (!arrivals[_name + "copied"].Any()) arrivals = (await ArrivalsAsync(_name + "copied")).ToLookup(arrival => arrival.Event);
        Assert.Equal((copy.Visitor.ToString(), User("ann").ToString()), (arrivals[_name + "copied"].First().DeviceId, arrivals[_name + "copied"].First().UserId));
        Assert.Equal((browser.Visitor.ToString(), User("bob").ToString()), (arrivals[_name + "end"].First().DeviceId, arrivals[_name + "end"].First().UserId));
        Assert.Null(await cluster.Visitor(copy.Visitor).FindCurrentAsync(copy.Digest));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ACopyFromBeforeTheLogin_TracksNothingOfAPersons(bool isRetired)
    {
        var browser = new Browser(cluster);
        var copy = browser.Copy();
        Assert.Equal(TrackOutcome.Stored, await copy.TrackAsync(_name + "anonymous"));
        await browser.LoginAsync(Request("ann"));
        Assert.Equal(TrackOutcome.Stored, await browser.TrackAsync(_name + "own"));
        if (isRetired) await browser.LogoutAsync();

        Assert.Equal(TrackOutcome.Stranger, await copy.TrackAsync(_name + "copied"));
        Assert.Null(await cluster.Visitor(copy.Visitor).FindCurrentAsync(copy.Digest));
    }

    [Fact]
    public async Task TheBrowserThatARetiredVisitorWaitsFor_IsLedOnToTheSuccessor()
    {
        var browser = new Browser(cluster);
        await LoginAsync(browser.Visitor, "ann");
        await browser.LookAsync();
        var successor = (await cluster.Visitor(browser.Visitor).LogoutAsync(new LogoutRequest { Source = Source })).VisitorId;

        Assert.Equal(successor, await cluster.Visitor(browser.Visitor).FindCurrentAsync(browser.Digest));
        cluster.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TrackOutcome.Stored, await browser.TrackAsync(_name + "end"));

        var arrival = (await ArrivalsAsync(_name + "end")).First(arrival => arrival.Event == _name + "end");
        Assert.Equal((successor.ToString(), null), (arrival.DeviceId, arrival.UserId));
    }

    [Fact]
    public async Task AfterALogoutByABackEnd_TheBrowserInheritsAndItsCopyDoesNot()
    {
        var browser = new Browser(cluster);
        await LoginAsync(browser.Visitor, "ann");
        await browser.LookAsync();
        var copy = browser.Copy();
        await cluster.Visitor(browser.Visitor).LogoutAsync(new LogoutRequest { Source = Source });
        await browser.LookAsync();
        await copy.LookAsync();
        await LoginAsync(browser.Visitor, "bob");

        Assert.Equal((browser.Visitor, null), await copy.LookAsync());
        Assert.Equal((browser.Visitor, User("bob")), await browser.LookAsync());
    }

    [Fact]
    public async Task ASecondPersonsLoginByABackEnd_IsTheBrowsersThatHoldsTheFirstOnesSecret()
    {
        var browser = new Browser(cluster);
        var planted = browser.Copy();
        await LoginAsync(browser.Visitor, "ann");
        await browser.LookAsync();
        await browser.LookAsync();
        var rotated = (await LoginAsync(browser.Visitor, "bob")).VisitorId;

        Assert.Equal((rotated, null), await planted.LookAsync());
        Assert.Equal((rotated, User("bob")), await browser.LookAsync());
        Assert.Equal((rotated, null), await planted.LookAsync());
    }

    [Fact]
    public async Task TheSamePersonsNextLogin_ChangesTheSecret()
    {
        var browser = new Browser(cluster);
        await LoginAsync(browser.Visitor, "ann");
        await browser.LookAsync();
        await browser.LookAsync();
        var copy = browser.Copy();
        await LoginAsync(browser.Visitor, "ann");

        Assert.Equal((browser.Visitor, User("ann")), await browser.LookAsync());
        Assert.Equal((browser.Visitor, null), await copy.LookAsync());
    }

    [Fact]
    public async Task ABrowserThatLostTheAnswerWithItsSecret_GetsTheNextLoginsSession()
    {
        var browser = new Browser(cluster);
        var withOldCookie = browser.Copy();
        await LoginAsync(browser.Visitor, "ann");
        await browser.LookAsync();
        Assert.Equal((browser.Visitor, null), await withOldCookie.LookAsync());

        await LoginAsync(browser.Visitor, "ann");

        Assert.Equal((browser.Visitor, User("ann")), await withOldCookie.LookAsync());
    }

    [Fact]
    public async Task ALookThatIsCarriedOutTwice_AnswersTheSame()
    {
        var browser = new Browser(cluster);
        await LoginAsync(browser.Visitor, "ann");
        var look = browser.Shows();

        var first = await cluster.Visitor(browser.Visitor).GetSessionAsync(look);
        var again = await cluster.Visitor(browser.Visitor).GetSessionAsync(look);

        Assert.Equal((User("ann"), Recognition.Renewed), (first.UserId, first.Recognition));
        Assert.Equal(first, again);
    }

    [Fact]
    public async Task TwoRequestsAtOnce_GiveOneOfThemTheSecretAndTellTheOtherToAskAgain()
    {
        var browser = new Browser(cluster);
        await LoginAsync(browser.Visitor, "ann");

        var answers = await Task.WhenAll(
            cluster.Visitor(browser.Visitor).GetSessionAsync(browser.Shows()), cluster.Visitor(browser.Visitor).GetSessionAsync(browser.Shows()));

        Assert.Equal([Recognition.Renewed, Recognition.Twin], answers.Select(answer => answer.Recognition).Order());
    }

    [Fact]
    public async Task WhoeverComesForAWaitingSessionWithoutProof_IsLostAfterAWhile()
    {
        var browser = new Browser(cluster);
        await LoginAsync(browser.Visitor, "ann");
        await browser.LookAsync();
        await browser.LookAsync();
        await LoginAsync(browser.Visitor, "ann");
        var stranger = new BrowserLook { Key = KeyDigest.Of("another"u8), NextKey = KeyDigest.Of("next"u8) };

        Assert.Equal(Recognition.Stranger, (await cluster.Visitor(browser.Visitor).GetSessionAsync(stranger)).Recognition);
        cluster.Clock.Advance(TimeSpan.FromMinutes(6));
        var lost = await cluster.Visitor(browser.Visitor).GetSessionAsync(stranger);
        Assert.Equal((Recognition.Lost, null), (lost.Recognition, lost.UserId));
        Assert.Equal((browser.Visitor, User("ann")), await browser.LookAsync());
    }

    [Fact]
    public async Task ASession_SlidesWhileItIsUsedAndEndsWhenItIsNot()
    {
        var browser = new Browser(cluster);
        await browser.LoginAsync(Request("ann"));
        for (var look = 0; look < 3; look++)
        {
            cluster.Clock.Advance(SessionCluster.Lifetime * 0.75);
            Assert.Equal(User("ann"), (await browser.LookAsync()).User);
        }

        cluster.Clock.Advance(SessionCluster.Lifetime + TimeSpan.FromSeconds(1));
        Assert.Equal((browser.Visitor, null), await browser.LookAsync());
    }

    [Fact]
    public async Task ASession_IsTheSameAfterTheGrainHasLostItsMemory()
    {
        var browser = new Browser(cluster);
        await LoginAsync(browser.Visitor, "ann");
        var copy = browser.Copy();
        await browser.LookAsync();
        await cluster.ForgetAsync(cluster.Visitor(browser.Visitor));

        Assert.Equal(User("ann"), (await browser.LookAsync()).User);
        Assert.Null((await copy.LookAsync()).User);
    }

    [Fact]
    public async Task AUsedSession_CostsNoWritePerLook()
    {
        var browser = new Browser(cluster);
        await LoginAsync(browser.Visitor, "ann");
        await browser.LookAsync();
        await browser.LookAsync();
        var before = cluster.Writes;

        for (var look = 0; look < 5; look++) await browser.LookAsync();

        Assert.Equal(before, cluster.Writes);
    }

    [Fact]
    public async Task ALogout_EndsTheSessionOnTheServerAndRetiresTheId()
    {
        var browser = new Browser(cluster);
        await browser.LoginAsync(Request("ann"));
        var (copy, former) = (browser.Copy(), browser.Visitor);
        var session = browser.Digest;
        Assert.Equal(User("ann"), await cluster.Visitor(former).FindSignedInAsync(session));

        await browser.LogoutAsync();

        Assert.NotEqual(former, browser.Visitor);
        Assert.Equal((browser.Visitor, null), await browser.LookAsync());
        Assert.Equal((browser.Visitor, null), await copy.LookAsync());
        Assert.Null(await cluster.Visitor(former).FindSignedInAsync(session));
    }

    [Fact]
    public async Task ALogout_ByAnOldCopy_DoesNothing()
    {
        var browser = new Browser(cluster);
        var copy = browser.Copy();
        await browser.LoginAsync(Request("ann"));

        Assert.True(await copy.LogoutAsync());

        Assert.Equal(User("ann"), (await browser.LookAsync()).User);
    }

    [Fact]
    public async Task WhatASecretOpens_IsItsOwnSessionAlone()
    {
        var browser = new Browser(cluster);
        await browser.LoginAsync(Request("ann"));
        var session = browser.Digest;

        Assert.Equal(User("ann"), await cluster.Visitor(browser.Visitor).FindSignedInAsync(session));
        Assert.Null(await cluster.Visitor(browser.Visitor).FindSignedInAsync(KeyDigest.Of("another"u8)));
        await browser.LoginAsync(Request("ann"));
        Assert.Null(await cluster.Visitor(browser.Visitor).FindSignedInAsync(session));
        cluster.Clock.Advance(SessionCluster.Lifetime + TimeSpan.FromSeconds(1));
        Assert.Null(await cluster.Visitor(browser.Visitor).FindSignedInAsync(browser.Digest));
    }

    [Fact]
    public async Task ARememberedPerson_IsSignedInAgainOnceAskedForWithOneEvent()
    {
        var browser = new Browser(cluster);
        await browser.LoginAsync(Request("ann") with { Remember = true });
        var copy = new Browser(cluster, browser.Visitor);
        cluster.Clock.Advance(SessionCluster.Lifetime + TimeSpan.FromSeconds(1));

        var asked = await cluster.Visitor(browser.Visitor).GetSessionAsync(browser.Shows());
        Assert.Equal((true, null), (asked.IsRestorable, asked.UserId));
        Assert.Null((await copy.LookAsync(restores: true)).User);
        Assert.Equal(User("ann"), (await browser.LookAsync(restores: true)).User);
        Assert.Equal(User("ann"), (await browser.LookAsync(restores: true)).User);
        await cluster.Visitor(browser.Visitor).TrackAsync(Source, [new TrackedEvent { Name = _name + "end" }]);

        var arrivals = await ArrivalsAsync(_name + "end");
        var autologin = Assert.Single(arrivals, arrival => arrival.Event == "Autologin" && arrival.DeviceId == browser.Visitor.ToString());
        Assert.Equal(User("ann").ToString(), autologin.UserId);
    }

    [Theory]
    [InlineData("not remembered")]
    [InlineData("logged out")]
    [InlineData("too late")]
    public async Task APerson_WhoIsNotRemembered_IsNotSignedInAgain(string why)
    {
        var browser = new Browser(cluster);
        await browser.LoginAsync(Request("ann") with { Remember = why != "not remembered" });
        if (why == "logged out") await browser.LogoutAsync();
        cluster.Clock.Advance(why == "too late" ? SessionCluster.RememberLifetime : SessionCluster.Lifetime + TimeSpan.FromSeconds(1));

        var session = await cluster.Visitor(browser.Visitor).GetSessionAsync(browser.Shows(restores: true));

        Assert.Equal((false, null), (session.IsRestorable, session.UserId));
    }

    private EventSource Source { get; } = new() { ClientName = "Test", Project = "a" };

    private UserId User(string name) => UserId.TryParse(_name + name, out var id) ? id : throw new ArgumentException(name);

    private LoginRequest Request(string user) => new() { UserId = User(user), Source = Source, Event = new TrackedEvent { Name = "Login" } };

    private Task<LoginResult> LoginAsync(VisitorId visitor, string user) => cluster.Visitor(visitor).LoginAsync(Request(user));

    private async Task<IReadOnlyList<TestKit.StandIn.Arrival>> ArrivalsAsync(string last)
    {
        var deadline = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(30);
        while (true)
        {
            var arrivals = cluster.StandIn.Arrivals.Snapshot();
            if (arrivals.Any(arrival => arrival.Event == last)) return arrivals;
            await cluster.StandIn.Arrivals.WaitForCountAsync(arrivals.Count + 1, deadline - TimeProvider.System.GetUtcNow());
        }
    }

    /// <summary>Keeps the cookie that the answers give it, as the endpoints do.</summary>
    private sealed class Browser(SessionCluster cluster, VisitorId? visitor = null)
    {
        private byte[] _key = Guid.NewGuid().ToByteArray();

        public VisitorId Visitor { get; private set; } = visitor ?? VisitorId.New();

        public KeyDigest Digest => KeyDigest.Of(_key);

        public Browser Copy() => new(cluster, Visitor) { _key = _key };

        public BrowserLook Shows(byte[]? next = null, bool restores = false) => new()
        {
            Key = Digest,
            NextKey = KeyDigest.Of(next ?? Guid.NewGuid().ToByteArray()),
            Restoration = restores ? new Restoration { Source = new EventSource { ClientName = "Test", Project = "a" } } : null,
        };

        public async Task<(VisitorId Visitor, UserId? User)> LookAsync(bool restores = false)
        {
            var next = Guid.NewGuid().ToByteArray();
            var session = await cluster.Visitor(Visitor).GetSessionAsync(Shows(next, restores));
            if (session.Recognition == Recognition.Renewed || (session.Recognition == Recognition.Known && session.VisitorId != Visitor)) _key = next;
            if (session.Recognition == Recognition.Lost)
            {
                (Visitor, _key) = (VisitorId.New(), next);
                return (Visitor, null);
            }

            if (session.Recognition is Recognition.Known or Recognition.Renewed) Visitor = session.VisitorId;
            return (session.VisitorId, session.UserId);
        }

        public Task<TrackOutcome> TrackAsync(string name) => cluster.Visitor(Visitor).TrackAsync(
            new EventSource { ClientName = "Test", Project = "a" }, [new TrackedEvent { Name = name }], fromBrowser: true, Digest);

        public async Task LoginAsync(LoginRequest request)
        {
            _key = Guid.NewGuid().ToByteArray();
            Visitor = (await cluster.Visitor(Visitor).LoginAsync(request with { BrowserKey = Digest })).VisitorId;
        }

        /// <returns>True when nothing was done.</returns>
        public async Task<bool> LogoutAsync()
        {
            var next = Guid.NewGuid().ToByteArray();
            var result = await cluster.Visitor(Visitor).LogoutAsync(new LogoutRequest
            {
                Source = new EventSource { ClientName = "Test", Project = "a" },
                FromBrowser = true,
                BrowserKey = Digest,
                NextKey = KeyDigest.Of(next),
            });
            if (!result.IsStranger) (Visitor, _key) = (result.VisitorId, next);
            return result.IsStranger;
        }
    }
}
