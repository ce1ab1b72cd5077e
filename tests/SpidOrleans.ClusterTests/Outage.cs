using System.Collections.Concurrent;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>Mixpanel answers nothing but 500 to project a, while visitors go on in a and in b.</summary>
internal sealed class Outage(SpidTestCluster cluster, string name)
{
    private const int Visitors = 20;

    private static readonly TimeSpan DelayMax = TimeSpan.FromSeconds(3);

    private static readonly TimeProvider Clock = TimeProvider.System;

    /// <param name="pace">Between an event in both projects and the next.</param>
    /// <returns>Of b's events, how long the slowest of a hundred took from acceptance to arrival, and how many there were.</returns>
    public async Task<(TimeSpan P99, int Events)> PlayAsync(TimeSpan length, TimeSpan pace)
    {
        var (acceptedAt, arrivedAt) = (new ConcurrentDictionary<string, long>(), new ConcurrentDictionary<string, long>());
        cluster.StandIn.Poison = arrival =>
        {
            arrivedAt.TryAdd(arrival.Event, Clock.GetTimestamp());
            return null;
        };
        cluster.StandIn.Faults = new FaultQueue("token-a").ThenAlways(new Fault.ServerError());
        var ids = Enumerable.Range(0, Visitors).Select(_ => VisitorId.New()).ToList();

        var start = Clock.GetTimestamp();
        using var timer = new PeriodicTimer(pace);
        var sent = 0;
        for (; Clock.GetElapsedTime(start) < length; sent++)
        {
            await TrackAsync("a", ids[sent % Visitors], $"a{sent}");
            await TrackAsync("b", ids[sent % Visitors], $"b{sent}");
            acceptedAt[$"{name}b{sent}"] = Clock.GetTimestamp();
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        await ArrivedAsync("token-b", sent);
        Assert.Empty(Mine("token-a"));
        // An event can reach Mixpanel before its sender hears that it was accepted.
        var delays = acceptedAt.Select(accepted => Clock.GetElapsedTime(accepted.Value, Math.Max(accepted.Value, arrivedAt[accepted.Key]))).Order().ToList();
        var p99 = delays[delays.Count * 99 / 100];
        Assert.InRange(p99, TimeSpan.Zero, DelayMax);

        cluster.StandIn.Faults = new FaultQueue();
        var arrivals = await ArrivedAsync("token-a", sent);
        Assert.Equal(sent, arrivals.Select(a => (a.Event, a.DistinctId, a.Time, a.InsertId)).Distinct().Count());
        foreach (var visitor in arrivals.DistinctBy(a => a.Event).GroupBy(a => a.DeviceId))
            Assert.Equal(visitor.Select(NumberOf).Order(), visitor.Select(NumberOf));
        return (p99, sent);
    }

    private async Task TrackAsync(string project, VisitorId visitor, string marker) => Assert.Equal(
        TrackOutcome.Stored, await cluster.Visitor(visitor).TrackAsync(cluster.Source(project), [new TrackedEvent { Name = name + marker }]));

    private List<Arrival> Mine(string token) =>
        [.. cluster.StandIn.Arrivals.Snapshot().Where(a => a.Token == token && a.Event.StartsWith(name, StringComparison.Ordinal))];

    private int NumberOf(Arrival arrival) => int.Parse(arrival.Event[(name.Length + 1)..]);

    private async Task<List<Arrival>> ArrivedAsync(string token, int count)
    {
        await cluster.ArrivalsAsync(_ => Mine(token).DistinctBy(a => a.Event).Count() >= count);
        return Mine(token);
    }
}
