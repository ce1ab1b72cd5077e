using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SpidOrleans.DeployTests.Running;
using SpidOrleans.TestKit.Checking;
using SpidOrleans.TestKit.Sending;
using Xunit;

namespace SpidOrleans.DeployTests.Nginx;

/// <summary>The real nginx with the repository's files, in front of three real silos.</summary>
[Collection(nameof(Scene))]
public sealed class NginxTests(Scene scene)
{
    private const string Session = "/rpc/hasSession.js?client_id=news&redirect_uri=https://www.news.test/&callback=f1";
    private const int BodyBytesMax = 10 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [ToolFact(nameof(Tools.HaveNginx))]
    public async Task ABrowsersEvent_CarriesItsAddress_WhateverItClaimsToBe_AndItsCookieIsSecure()
    {
        await scene.BeginAsync();
        await using var site = await Site.StartAsync(scene.Silos.Silos);
        using var http = new HttpClient(site.NewHandler()) { BaseAddress = site.Address };
        http.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.66");
        http.DefaultRequestHeaders.Add("X-Real-IP", "203.0.113.66");
        http.DefaultRequestHeaders.Add("X-Forwarded-Proto", "http");
        http.DefaultRequestHeaders.Referrer = new Uri(Scene.Page);

        using var visit = await http.GetAsync(new Uri(Session, UriKind.Relative));
        var cookie = Assert.Single(visit.Headers.GetValues("Set-Cookie"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/collect")
        {
            Content = new StringContent($$$"""{"clientId":"news","events":[{"event":"e","time":{{{Now()}}},"insertId":"i-1","properties":{"n":"address"}}]}""", Encoding.UTF8, "text/plain"),
            Headers = { { "Origin", Scene.Page }, { "Cookie", cookie[..cookie.IndexOf(';', StringComparison.Ordinal)] } },
        };
        using var answer = await http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Contains("; secure", cookie, StringComparison.OrdinalIgnoreCase);
        await scene.Mixpanel.Arrivals.WaitForMarkersAsync(["address"], Patience);
        using var arrived = JsonDocument.Parse(Assert.Single(scene.Mixpanel.Arrivals.Snapshot(), arrival => arrival.Marker == "address").Json);
        Assert.Equal(Site.CallersAddress, arrived.RootElement.GetProperty("properties").GetProperty("ip").GetString());
    }

    [ToolFact(nameof(Tools.HaveNginx))]
    public async Task WhatIsForOperators_StopsAtTheProxy_AndPlainHttpIsSentToHttps()
    {
        await scene.BeginAsync();
        await using var site = await Site.StartAsync(scene.Silos.Silos);
        using var http = new HttpClient(site.NewHandler()) { BaseAddress = site.Address };

        foreach (var path in (string[])["/console", "/Console/live", "/dashboard/", "/METRICS", "/x/../metrics", "/%6detrics"])
        {
            using var hidden = await http.GetAsync(new Uri(site.Address + path[1..], new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
            Assert.Equal((path, HttpStatusCode.NotFound, "text/html"), (path, hidden.StatusCode, hidden.Content.Headers.ContentType?.MediaType));
        }

        using var passed = await http.GetAsync(new Uri("/metricsandmore", UriKind.Relative));
        Assert.Equal("application/problem+json", passed.Content.Headers.ContentType?.MediaType);

        using var plain = await http.GetAsync(new Uri(site.PlainAddress, "/js/spid-sdk.js?x=1"));
        Assert.Equal((HttpStatusCode.MovedPermanently, "https://127.0.0.1/js/spid-sdk.js?x=1"), (plain.StatusCode, plain.Headers.Location?.ToString()));
    }

    [ToolFact(nameof(Tools.HaveNginx))]
    public async Task ABodyAsLargeAsTheSilosTake_ReachesOne_AndALargerOneDoesNot()
    {
        await scene.BeginAsync();
        await using var site = await Site.StartAsync(scene.Silos.Silos);

        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), await PostAsync(BodyBytesMax));
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "text/html"), await PostAsync(BodyBytesMax + 1));

        async Task<(HttpStatusCode, string?)> PostAsync(int bytes)
        {
            using var http = new HttpClient(site.NewHandler()) { BaseAddress = site.Address };
            // Else it would be cut off in the middle of what it sends.
            http.DefaultRequestHeaders.ExpectContinue = true;
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("news:news-secret"u8));
            var body = new byte[bytes];
            Array.Fill(body, (byte)' ');
            using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            using var answer = await http.PostAsync(new Uri("/v1/events", UriKind.Relative), content);
            return (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType);
        }
    }

    [ToolFact(nameof(Tools.HaveNginx))]
    public async Task ASiloStoppedUnderLoadAndStartedAgain_FailsNotOneRequest()
    {
        await scene.BeginAsync();
        await using var site = await Site.StartAsync(scene.Silos.Silos);
        using var failures = new Failures(site.NewHandler());
        var ledger = new Ledger();
        using var backEnd = new BackEnd(failures, site.Address, TestKit.Hosting.TestClient.News, Patience);
        using var enough = new CancellationTokenSource();
        var load = Task.WhenAll([
            .. Enumerable.Range(0, 6).Select(number => TrackAsync(new LedgerSender($"s{number}", backEnd, ledger, TimeProvider.System))),
            .. Enumerable.Range(0, 6).Select(_ => LookAsync()),
        ]);

        await MoreAcknowledgedAsync(200);
        var stopped = scene.Silos[1];
        Assert.Equal(0, await stopped.StopAsync());
        await MoreAcknowledgedAsync(200);
        await stopped.StartAsync();
        await MoreAcknowledgedAsync(200);
        await enough.CancelAsync();
        await load.WaitAsync(Patience);

        Assert.Empty(failures.Seen);
        await scene.Mixpanel.Arrivals.WaitForMarkersAsync(ledger.AcknowledgedMarkers(), Patience);
        Assert.Empty(Checker.Check(ledger.Snapshot(), scene.Mixpanel.Arrivals.Snapshot()));

        async Task TrackAsync(LedgerSender sender)
        {
            await Task.Yield();
            var visitor = Guid.NewGuid().ToString();
            while (!enough.IsCancellationRequested) await sender.TrackAsync(Addressee.Visitor(visitor), Addressee.User("anna"));
        }

        async Task LookAsync()
        {
            await Task.Yield();
            using var http = new HttpClient(failures, disposeHandler: false) { BaseAddress = site.Address };
            http.DefaultRequestHeaders.Referrer = new Uri(Scene.Page);
            while (!enough.IsCancellationRequested) (await http.GetAsync(new Uri(Session, UriKind.Relative))).Dispose();
        }

        // Whichever ends first: a sender that met what must not happen ends the test at once.
        async Task MoreAcknowledgedAsync(int count) =>
            await await Task.WhenAny(ledger.WaitForAcknowledgedAsync(ledger.Acknowledged + count, Patience), load);
    }

    [ToolTheory(nameof(Tools.HaveNginx))]
    [InlineData("GET", "/js/spid-sdk.js", 3)]
    [InlineData("GET", "/Track/?data=e30", 1)]
    [InlineData("GET", "/engage?data=e30", 1)]
    [InlineData("POST", "/track", 1)]
    [InlineData("POST", "/v1/events", 1)]
    public async Task WhatMayHaveBeenCarriedOut_IsNotRepeatedAtAnotherSilo(string method, string path, int heard)
    {
        await using DeafSilo one = new(), two = new(), three = new();
        DeafSilo[] silos = [one, two, three];
        await using var nginx = await BalanceAsync(silos.Select(silo => silo.Authority));
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{nginx.Port}") };

        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await http.SendAsync(request);

        Assert.Equal((HttpStatusCode.BadGateway, heard), (answer.StatusCode, silos.Sum(silo => silo.Heard)));
    }

    [ToolFact(nameof(Tools.HaveNginx))]
    public async Task ADrainingSiloThatHasHandedOnOneReader_GetsNothingAnyMore_AndNobodyNotices()
    {
        await using DrainingHost one = await DrainingHost.StartAsync(), two = await DrainingHost.StartAsync(), three = await DrainingHost.StartAsync();
        await using var nginx = await BalanceAsync([one.Authority, two.Authority, three.Authority]);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{nginx.Port}") };
        one.Drain();

        // Each silo has its turn in three.
        for (var turn = 0; turn < 3; turn++) Assert.True((await http.GetAsync(new Uri("/health/ready", UriKind.Relative))).IsSuccessStatusCode);
        for (var turn = 0; turn < 9; turn++) Assert.True((await http.PostAsync(new Uri("/v1/collect", UriKind.Relative), null)).IsSuccessStatusCode);

        Assert.Equal((0, 12), (one.Served, two.Served + three.Served));
    }

    /// <summary>nginx of Compose in front of these. Whom it takes out, it takes out for longer than a slow machine needs.</summary>
    private static Task<NginxProcess> BalanceAsync(IEnumerable<string> silos) => NginxProcess.StartAsync((_, port) =>
    {
        var file = new SiteFile("nginx/compose.conf").With("listen 8080;", $"listen 127.0.0.1:{port};").With("fail_timeout=5s", "fail_timeout=300s");
        foreach (var (index, silo) in silos.Index()) file.With($"silo-{index + 1}:8080", silo);
        return file.With("facade:8080", silos.First());
    });

    private static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
}
