using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using SpidOrleans.TestKit.Checking;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Sending;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ChaosTests;

public sealed class FacadeTests
{
    private static readonly TimeSpan Resumption = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RefusalMax = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task WhatGoesThroughTheFacade_ArrivesAsThroughASilo_AndPathsForBrowsersAre404()
    {
        var ledger = new Ledger();
        await using var mixpanel = await MixpanelStandIn.StartAsync();
        await using var silo = await SiloProcess.StartAsync(Hosts.On(mixpanel));
        await using var facade = await FacadeProcess.StartAsync(Hosts.On(mixpanel), silo.GatewayPort);
        using var backEnd = new BackEnd(facade.Address, TestClient.News);
        using var http = Client(facade);
        await WaitForReadyAsync(http);
        var sender = new LedgerSender("sender", backEnd, ledger, TimeProvider.System);
        var visitor = Guid.NewGuid().ToString();

        await sender.TrackAsync(Addressee.Visitor(visitor), Addressee.User("anna"));
        Assert.Equal(visitor, await sender.LoginAsync(visitor, "anna"));
        await sender.TrackAsync(Addressee.Visitor(visitor));
        Assert.Equal("anna", (await backEnd.DescribeVisitorAsync(visitor)).UserId);
        using var profile = await http.PutAsync(new Uri("v1/users/anna/profile", UriKind.Relative), Json("""{"gender":"female"}"""));
        Assert.Contains("female", await profile.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains(visitor, await http.GetStringAsync(new Uri("v1/users/anna", UriKind.Relative)), StringComparison.Ordinal);

        foreach (var path in new[] { "", "js/spid-sdk.js", "rpc/hasSession.js", "v1/collect", "demo/login", "preview/events" })
        {
            using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
            Assert.Equal((path, HttpStatusCode.NotFound), (path, answer.StatusCode));
        }

        await mixpanel.Arrivals.WaitForMarkersAsync(ledger.AcknowledgedMarkers(), TimeSpan.FromSeconds(60));
        Promises.AssertKept(ledger, mixpanel);
    }

    [Fact]
    public async Task WhileNoSiloIsThere_TheFacadeRefusesInTime_AndResumesByItself()
    {
        var ledger = new Ledger();
        await using var mixpanel = await MixpanelStandIn.StartAsync();
        await using var silo = await SiloProcess.StartAsync(Hosts.On(mixpanel));
        await silo.KillAsync();
        await using var facade = await FacadeProcess.StartAsync(Hosts.On(mixpanel), silo.GatewayPort);
        using var backEnd = new BackEnd(facade.Address, TestClient.News, Resumption);
        using var http = Client(facade);
        var sender = new LedgerSender("sender", backEnd, ledger, TimeProvider.System);
        var visitor = Guid.NewGuid().ToString();

        // 1. It was started before any silo was.
        await AssertRefusesAsync(http, visitor);
        await silo.StartAsync();
        await sender.TrackAsync(Addressee.Visitor(visitor));
        await WaitForReadyAsync(http);

        // 2. It hangs, and then it is killed while it owes an answer: the caller learns that at once.
        silo.Freeze();
        await AssertRefusesInTimeAsync(() => http.GetAsync(new Uri($"v1/visitors/{visitor}", UriKind.Relative)), RefusalMax);
        var call = http.GetAsync(new Uri($"v1/visitors/{visitor}", UriKind.Relative));
        Assert.NotSame(call, await Task.WhenAny(call, Task.Delay(TimeSpan.FromMilliseconds(300))));
        await silo.KillAsync();
        await AssertRefusesInTimeAsync(() => call, RefusalMax / 2);
        await AssertRefusesAsync(http, visitor);

        // 3. Back again, on the same address.
        await silo.StartAsync();
        await sender.TrackAsync(Addressee.Visitor(visitor));
        await WaitForReadyAsync(http);

        await mixpanel.Arrivals.WaitForMarkersAsync(ledger.AcknowledgedMarkers(), TimeSpan.FromSeconds(60));
        Promises.AssertKept(ledger, mixpanel);
        Assert.DoesNotContain("   at ", facade.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(visitor, facade.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AskedToStop_TheFacadeFinishesWhatItHasBegun_AndEndsWith0()
    {
        await using var mixpanel = await MixpanelStandIn.StartAsync();
        await using var silo = await SiloProcess.StartAsync(Hosts.On(mixpanel));
        await using var facade = await FacadeProcess.StartAsync(Hosts.On(mixpanel), silo.GatewayPort);
        using var http = Client(facade);
        await WaitForReadyAsync(http);
        var body = new Pipe();
        var begun = new BegunStream(body.Reader.AsStream());
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("v1/events", UriKind.Relative)) { Content = new StreamContent(begun) };
        request.Headers.ExpectContinue = true;
        request.Content.Headers.ContentType = new("application/json");

        var call = http.SendAsync(request);
        await begun.Begun.WaitAsync(TimeSpan.FromSeconds(20));
        var stop = facade.StopAsync();
        while ((await http.GetAsync(new Uri("health/ready", UriKind.Relative))).StatusCode != HttpStatusCode.ServiceUnavailable) { }
        await body.Writer.WriteAsync(Encoding.UTF8.GetBytes($$"""[{"event":"e","visitorId":"{{Guid.NewGuid()}}"}]"""));
        await body.Writer.CompleteAsync();

        using (var answer = await call) Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(0, await stop);
    }

    private static async Task AssertRefusesAsync(HttpClient http, string visitor)
    {
        using var live = await http.GetAsync(new Uri("health/live", UriKind.Relative));
        using var ready = await http.GetAsync(new Uri("health/ready", UriKind.Relative));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable), (live.StatusCode, ready.StatusCode));

        foreach (var call in new Func<Task<HttpResponseMessage>>[]
        {
            () => http.PostAsync(new Uri("v1/events", UriKind.Relative), Json($$"""[{"event":"e","visitorId":"{{visitor}}"}]""")),
            () => http.PostAsync(new Uri($"v1/visitors/{visitor}/login", UriKind.Relative), Json("""{"userId":"anna"}""")),
            () => http.GetAsync(new Uri("v1/users/anna", UriKind.Relative)),
        })
        {
            await AssertRefusesInTimeAsync(call, RefusalMax);
        }
    }

    private static async Task AssertRefusesInTimeAsync(Func<Task<HttpResponseMessage>> call, TimeSpan limit)
    {
        var watch = Stopwatch.StartNew();
        using var answer = await call();
        Assert.True(watch.Elapsed < limit, $"answered after {watch.Elapsed}");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
    }

    private static async Task WaitForReadyAsync(HttpClient http)
    {
        using var limit = new CancellationTokenSource(Resumption);
        while (true)
        {
            using var answer = await http.GetAsync(new Uri("health/ready", UriKind.Relative), limit.Token);
            if (answer.StatusCode == HttpStatusCode.OK) return;
            await Task.Delay(TimeSpan.FromMilliseconds(100), limit.Token);
        }
    }

    private static HttpClient Client(FacadeProcess facade) => new(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromSeconds(30) })
    {
        BaseAddress = facade.Address,
        Timeout = TimeSpan.FromSeconds(20),
        DefaultRequestHeaders =
        {
            Authorization = new AuthenticationHeaderValue("Basic",
                Convert.ToBase64String(Encoding.UTF8.GetBytes($"{TestClient.News.ClientId}:{TestClient.News.Secret}"))),
        },
    };

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    /// <summary>Tells when it is first read: the host has asked for the body by then.</summary>
    private sealed class BegunStream(Stream inner) : Stream
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Begun => _begun.Task;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _begun.TrySetResult();
            return inner.ReadAsync(buffer, cancellationToken);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
