using System.Diagnostics;
using System.Text.RegularExpressions;
using SpidOrleans.TestKit.Checking;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Sending;
using Xunit;

namespace SpidOrleans.ChaosTests.Clusters;

/// <summary>A crowd that speaks with all silos in turn, and what its senders saw.</summary>
internal sealed partial class Load : IAsyncDisposable
{
    /// <summary>Longer than any trouble of a script lasts, on a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private const int BrowserCount = 40;
    private const int Samples = 200;

    /// <summary>Of each of the crowd's senders: some hundred requests a second in all, which leaves the processors to the test.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);

    private readonly Scene _scene;
    private readonly BackEnd _backEnd;
    private readonly Crowd _crowd;
    private int _rounds;

    public Load(Scene scene, int seed)
    {
        _scene = scene;
        Balancer = new Balancer(scene.Silos.Silos.Select(silo => silo.Address));
        _backEnd = new BackEnd(Balancer, TestClient.News, Patience);
        _crowd = new Crowd(seed, _backEnd, Ledger, BrowserCount, Pause);
    }

    public Balancer Balancer { get; }

    /// <summary>For whoever sends beside the crowd.</summary>
    public Ledger Ledger { get; } = new();

    /// <summary>One more sender, through the same balancer.</summary>
    public LedgerSender Sender(string name) => new(name, _backEnd, Ledger, TimeProvider.System);

    public Task<VisitorAnswer> DescribeAsync(string visitorId) => _backEnd.DescribeVisitorAsync(visitorId);

    /// <summary>The load goes on until so many more are acknowledged.</summary>
    public async Task MoreAcknowledgedAsync(int count) =>
        // Whichever ends first: a sender that met what must not happen ends the script at once.
        await await Task.WhenAny(Ledger.WaitForAcknowledgedAsync(Ledger.Acknowledged + count, Patience), _crowd.Work);

    /// <summary>The load goes on for so long.</summary>
    public async Task GoesOnForAsync(TimeSpan time) => await await Task.WhenAny(Task.Delay(time), _crowd.Work);

    /// <summary>From now on events are sent for every visitor and user there is, and all of them must arrive in time.</summary>
    public async Task EverybodyIsDeliveredWithinAsync(TimeSpan time)
    {
        var startedAt = Stopwatch.GetTimestamp();
        var round = ++_rounds;
        var sent = await Task.WhenAll(_crowd.Everybody.Select((one, number) =>
            Sender($"probe{round}-{number}").TrackAsync(one)));
        var acknowledged = Stopwatch.GetElapsedTime(startedAt);
        await _scene.Mixpanel.Arrivals.WaitForMarkersAsync([.. sent.Select(events => LedgerSender.MarkerOf(events[0]))], Patience);
        var arrived = Stopwatch.GetElapsedTime(startedAt);
        Say($"everybody acknowledged after {acknowledged.TotalSeconds:0.0} s, delivered after {arrived.TotalSeconds:0.0} s");
        Assert.InRange(arrived, TimeSpan.Zero, time);
    }

    /// <summary>The crowd goes home; whatever was acknowledged arrived, once, in order, and nothing is left.</summary>
    /// <param name="poison">Markers of the events that Mixpanel refuses for good.</param>
    public async Task EndsWellAsync(IReadOnlySet<string>? poison = null)
    {
        await GoesHomeAsync();
        await _scene.Mixpanel.Arrivals.WaitForMarkersAsync([.. Ledger.AcknowledgedMarkers().Where(marker => poison?.Contains(marker) != true)], Patience);
        await _scene.UntilDrainedAsync();
        Say($"{Ledger.Acknowledged} acknowledged, slowest answer {Balancer.Slowest.TotalSeconds:0.0} s, {Balancer.Failures.Count} failures");
        Promises.AssertKept(Ledger, _scene.Mixpanel, poison);
        Assert.Empty(Balancer.WithoutRetryAfter);
        AssertNobodyIsNamed();
    }

    /// <summary>How long one sender alone waits for an acknowledgement, in the median.</summary>
    public async Task<TimeSpan> MeasureLatencyAsync()
    {
        await GoesHomeAsync();
        var sender = Sender($"watch{++_rounds}");
        var times = new List<TimeSpan>(Samples);
        for (var sample = 0; sample < Samples; sample++)
        {
            var startedAt = Stopwatch.GetTimestamp();
            await sender.TrackAsync(Addressee.User($"watched-{sample}"));
            times.Add(Stopwatch.GetElapsedTime(startedAt));
        }

        return times.Order().ElementAt(Samples / 2);
    }

    public async ValueTask DisposeAsync()
    {
        _crowd.GoHome();
        // What goes wrong after a script has failed is nobody's concern; what goes wrong in one that passes is awaited above.
        await _crowd.Work.WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _crowd.Dispose();
        foreach (var failure in Balancer.Failures) Say(failure);
        foreach (var (number, silo) in _scene.Silos.Silos.Index()) Say($"Silo {number} at {silo.Address} wrote last:{Environment.NewLine}{silo.Output}");
    }

    /// <summary>Whatever went wrong meanwhile, the silos' logs name no person.</summary>
    private void AssertNobodyIsNamed()
    {
        var visitors = _crowd.Visitors.ToHashSet();
        foreach (var silo in _scene.Silos.Silos)
        {
            var output = silo.Output;
            Assert.DoesNotContain(VisitorIds().Matches(output), match => visitors.Contains(match.Value));
            Assert.DoesNotContain("u:user-", output, StringComparison.Ordinal);
        }
    }

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")]
    private static partial Regex VisitorIds();

    private Task GoesHomeAsync()
    {
        _crowd.GoHome();
        return _crowd.Work.WaitAsync(Patience);
    }

    public static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
