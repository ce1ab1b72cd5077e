using System.Collections.Immutable;
using SpidOrleans.ClusterTests.Faults;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>A project's trouble is its own, and its rate is its own too, whichever shard and silo sends.</summary>
[Collection(nameof(SpidTestCluster))]
public sealed class IsolationTests(SpidTestCluster cluster) : IAsyncLifetime
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly string _name = Guid.NewGuid().ToString("N");

    public async ValueTask InitializeAsync() => await cluster.SettleAsync();

    public ValueTask DisposeAsync()
    {
        (cluster.StandIn.Faults, cluster.StandIn.Poison) = (new FaultQueue(), null);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task AProjectWithNothingBut500ForTenMinutes_DelaysNoOther_AndIsDeliveredInOrderAndOnceWhenItHeals() =>
        await new Outage(cluster, _name).PlayAsync(TimeSpan.FromMinutes(10) / FastTime.Factor, pace: TimeSpan.FromMilliseconds(10));

    [Fact]
    public async Task AThrottledProject_PausesWithAllItsShards_AsLongAsMixpanelAsks()
    {
        var asked = TimeSpan.FromSeconds(100);
        var plan = new FirstThrottled("token-a", asked);
        var logged = cluster.Log.Messages(3110).Count;
        cluster.StandIn.Faults = plan;

        await TrackAsync("a", VisitorId.New(), "a0");
        await EventuallyAsync(() => cluster.Log.Messages(3110).Count > logged);
        for (var i = 1; i <= 40; i++) await TrackAsync("a", VisitorId.New(), $"a{i}");
        await TrackAsync("b", VisitorId.New(), "b0");

        await ArrivedAsync("token-b", 1);
        await ArrivedAsync("token-a", 41);
        // A timer may be early by a tick of the system's clock.
        Assert.InRange(plan.Silence, asked / FastTime.Factor - TimeSpan.FromMilliseconds(20), TimeSpan.MaxValue);
    }

    [Fact]
    public async Task AProjectsRate_HoldsForAllShardsAndSilosTogether()
    {
        const int visitors = 50, each = 10;
        var start = Clock.GetTimestamp();

        await Task.WhenAll(Enumerable.Range(0, visitors).Select(i => TrackAsync(
            SpidTestCluster.Slow, VisitorId.New(), [.. Enumerable.Range(0, each).Select(n => $"s{i * each + n}")])));
        var arrivals = await ArrivedAsync("token-slow", visitors * each);

        // A burst of a second may have been there to begin with.
        var least = TimeSpan.FromSeconds((double)(visitors * each - SpidTestCluster.SlowEventsPerSecond) / SpidTestCluster.SlowEventsPerSecond) / FastTime.Factor;
        Assert.InRange(Clock.GetElapsedTime(start), least - TimeSpan.FromSeconds(1) / FastTime.Factor, TimeSpan.MaxValue);
        Assert.All(arrivals.GroupBy(a => a.Request), request => Assert.InRange(request.Count(), 1, SpidTestCluster.SlowEventsPerSecond));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task PoisonAtAnyPlaces_BecomesDeadLetters_AndAllTheRestArrivesInOrder(int seed)
    {
        const int visitors = 8, each = 100;
        var random = new Random(seed);
        var poison = Enumerable.Range(0, visitors * each).Where(_ => random.Next(20) == 0).Select(n => $"{_name}p{n}").ToHashSet();
        cluster.StandIn.Poison = arrival => poison.Contains(arrival.Event) ? "'event' is poison" : null;
        var ids = Enumerable.Range(0, visitors).Select(_ => VisitorId.New()).ToList();

        await Task.WhenAll(ids.Select((id, i) => TrackAsync("a", id, [.. Enumerable.Range(i * each, each).Select(n => $"p{n}")])));
        await ArrivedAsync("token-a", visitors * each - poison.Count);
        await cluster.SettleAsync();

        Assert.DoesNotContain(Mine("token-a"), arrival => poison.Contains(arrival.Event));
        foreach (var (id, i) in ids.Select((id, i) => (id, i)))
        {
            var own = Enumerable.Range(i * each, each).Where(n => !poison.Contains($"{_name}p{n}")).ToList();
            Assert.Equal(own, Mine("token-a").Where(a => a.DeviceId == id.ToString()).Select(NumberOf).Distinct());
            Assert.Equal(each - own.Count, await cluster.DeadLettersAsync("a", id.Key));
        }
    }

    private async Task TrackAsync(string project, VisitorId visitor, params string[] markers) => Assert.Equal(
        TrackOutcome.Stored,
        await cluster.Visitor(visitor).TrackAsync(cluster.Source(project), markers.Select(marker => new TrackedEvent { Name = _name + marker }).ToImmutableArray()));

    private List<Arrival> Mine(string token) =>
        [.. cluster.StandIn.Arrivals.Snapshot().Where(a => a.Token == token && a.Event.StartsWith(_name, StringComparison.Ordinal))];

    private int NumberOf(Arrival arrival) => int.Parse(arrival.Event[(_name.Length + 1)..]);

    private async Task<List<Arrival>> ArrivedAsync(string token, int count)
    {
        await cluster.ArrivalsAsync(_ => Mine(token).DistinctBy(a => a.Event).Count() >= count);
        return Mine(token);
    }

    private static async Task EventuallyAsync(Func<bool> isTrue)
    {
        for (var attempt = 0; !isTrue(); attempt++)
        {
            Assert.True(attempt < 500, "not within 10 s");
            await Task.Delay(20);
        }
    }

    /// <summary>Throttles a project's first request and notes when the next one comes.</summary>
    private sealed class FirstThrottled(string token, TimeSpan asked) : IFaultPlan
    {
        private long? _throttledAt;
        private long? _nextAt;

        public TimeSpan Silence => Clock.GetElapsedTime(_throttledAt!.Value, _nextAt!.Value);

        public Fault Next(ImportRequest request)
        {
            if (request.Token != token) return Fault.None;
            if (_throttledAt is null)
            {
                _throttledAt = Clock.GetTimestamp();
                return new Fault.Throttle(asked);
            }

            _nextAt ??= Clock.GetTimestamp();
            return Fault.None;
        }
    }
}
