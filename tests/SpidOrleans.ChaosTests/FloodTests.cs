using System.Net;
using System.Net.Http.Headers;
using System.Text;
using SpidOrleans.TestKit.Checking;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Sending;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ChaosTests;

/// <summary>One client sends ten times what it may have under way, without a pause and whatever it is answered; another goes about its business.</summary>
public sealed class FloodTests
{
    private const int Room = 50;
    private const int FloodConnections = 10 * Room;
    private const int FloodEventsPerRequest = 5;
    private const int OtherSenders = 4;
    private const long GrowthBytesMax = 250L << 20;

    private const int FloodsMax = 3;

    private static readonly TimeSpan FloodFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan OthersPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LatencyMax = TimeSpan.FromMilliseconds(250);

    /// <summary>A request is woken several times on its way, each time as late as the machine happens to be.</summary>
    private const int WakeUpsOfARequest = 4;

    private static readonly TestClient Flooder = TestClient.News;
    private static readonly TestClient Other = TestClient.Shop;

    private readonly Ledger _ledger = new();
    private int _accepted;
    private int _refused;

    [Fact]
    public async Task AFloodOfOneClient_DelaysNoOther_FillsNoMemory_AndWhatWasAcknowledgedArrives()
    {
        await using var mixpanel = await MixpanelStandIn.StartAsync();
        await using var silo = await SiloProcess.StartAsync(Hosts.On(mixpanel) with
        {
            Clients = [Flooder, Other],
            More = new Dictionary<string, string> { ["Limits:RequestsPerClient"] = $"{Room}" },
        });
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { BaseAddress = silo.Address, Timeout = TimeSpan.FromSeconds(30) };
        using var backEnd = new BackEnd(silo.Address, Other);
        // Whatever is done for the first time is done now.
        Assert.NotEmpty(await SendAsOthersAsync(backEnd, TimeSpan.FromSeconds(1), "before"));
        var before = silo.MemoryBytes;

        // What else the machine happens to do delays everybody, but not for each of them.
        var isUndelayed = false;
        for (var flood = 0; flood < FloodsMax && !isUndelayed; flood++) isUndelayed = await OthersAreUndelayedAsync(http, backEnd, flood);
        Assert.True(isUndelayed, $"in none of {FloodsMax} floods");
        Assert.True(_refused > 0 && _accepted > 0, "the flood was none");
        Assert.InRange(silo.MemoryBytes - before, long.MinValue, GrowthBytesMax);

        await mixpanel.Arrivals.WaitForMarkersAsync(_ledger.AcknowledgedMarkers(), TimeSpan.FromSeconds(120));
        Promises.AssertKept(_ledger, mixpanel);
    }

    private async Task<bool> OthersAreUndelayedAsync(HttpClient http, BackEnd backEnd, int flood)
    {
        using var end = new CancellationTokenSource(FloodFor);
        var flooding = Task.WhenAll(Enumerable.Range(0, FloodConnections).Select(number => Task.Run(() => FloodAsync(http, $"{flood}-{number}", end.Token))));
        var lateness = MeasureLatenessAsync(end.Token);
        var latencies = await SendAsOthersAsync(backEnd, FloodFor, $"flood {flood}");
        await flooding.WaitAsync(TimeSpan.FromSeconds(60));

        var (latency, late) = (Percentile99(latencies), Percentile99(await lateness));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"flood: {_accepted} requests accepted, {_refused} refused so far; others: {latencies.Count} requests, p99 {latency.TotalMilliseconds:0} ms on a machine "
            + $"{late.TotalMilliseconds:0} ms late");
        return latency <= LatencyMax + WakeUpsOfARequest * late;
    }

    /// <summary>Closed loops without a pause: an answer is the occasion for the next request.</summary>
    private async Task FloodAsync(HttpClient http, string number, CancellationToken end)
    {
        var credentials = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Flooder.ClientId}:{Flooder.Secret}")));
        for (var round = 0; !end.IsCancellationRequested; round++)
        {
            var markers = Enumerable.Range(0, FloodEventsPerRequest).Select(n => $"flood-{number}-{round}-{n}").ToList();
            var visitors = markers.ConvertAll(_ => Guid.NewGuid().ToString());
            using var request = new HttpRequestMessage(HttpMethod.Post, "v1/events")
            {
                Content = new StringContent($"[{string.Join(',', markers.Zip(visitors, Event))}]", Encoding.UTF8, "application/json"),
            };
            request.Headers.Authorization = credentials;
            using var answer = await http.SendAsync(request, CancellationToken.None);
            switch (answer.StatusCode)
            {
                case HttpStatusCode.Accepted:
                    Interlocked.Increment(ref _accepted);
                    foreach (var (marker, visitor) in markers.Zip(visitors))
                    {
                        _ledger.Sending(Flooder.Token, marker, marker, visitor);
                        _ledger.Acknowledge(marker);
                    }

                    break;
                case HttpStatusCode.TooManyRequests:
                    Assert.NotNull(answer.Headers.RetryAfter);
                    Interlocked.Increment(ref _refused);
                    break;
                default:
                    Assert.Fail($"{answer.StatusCode}");
                    break;
            }
        }
    }

    private static string Event(string marker, string visitor) => $$$"""{"event":"Flood","visitorId":"{{{visitor}}}","properties":{"n":"{{{marker}}}"}}""";

    /// <returns>How long each request took; each was accepted at once.</returns>
    private async Task<IReadOnlyList<TimeSpan>> SendAsOthersAsync(BackEnd backEnd, TimeSpan time, string phase)
    {
        using var end = new CancellationTokenSource(time);
        var latencies = await Task.WhenAll(Enumerable.Range(0, OtherSenders).Select(async number =>
        {
            var own = new List<TimeSpan>();
            for (var round = 0; !end.IsCancellationRequested; round++)
            {
                var (marker, visitor) = ($"{phase}-{number}-{round}", Guid.NewGuid().ToString());
                _ledger.Sending(Other.Token, marker, marker, visitor);
                var startedAt = TimeProvider.System.GetTimestamp();
                using var answer = await backEnd.TrackAsync(new BackEndEvent
                {
                    Event = LedgerSender.EventName,
                    VisitorId = visitor,
                    Properties = new Dictionary<string, object> { ["n"] = marker },
                });
                own.Add(TimeProvider.System.GetElapsedTime(startedAt));
                Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
                _ledger.Acknowledge(marker);
                await Task.Delay(OthersPause, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return own;
        }));
        return [.. latencies.SelectMany(own => own)];
    }

    /// <summary>How late this machine wakes somebody who has asked for nothing but to be woken.</summary>
    private static async Task<IReadOnlyList<TimeSpan>> MeasureLatenessAsync(CancellationToken end)
    {
        var late = new List<TimeSpan>();
        while (!end.IsCancellationRequested)
        {
            var startedAt = TimeProvider.System.GetTimestamp();
            await Task.Delay(OthersPause, CancellationToken.None);
            late.Add(TimeProvider.System.GetElapsedTime(startedAt) - OthersPause);
        }

        return late;
    }

    private static TimeSpan Percentile99(IReadOnlyList<TimeSpan> all) => all.Order().ElementAt((int)(all.Count * 0.99));
}
