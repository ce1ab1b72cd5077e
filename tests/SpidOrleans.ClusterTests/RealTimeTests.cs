using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>The same, and the emitters' pauses are as long as they are.</summary>
public sealed class RealTimeCluster : SpidTestCluster
{
    protected override TimeProvider Pauses => TimeProvider.System;
}

/// <summary>On demand, since it takes as long as it says: <c>-explicit on -class '*RealTimeTests'</c>.</summary>
public sealed class RealTimeTests(RealTimeCluster cluster, ITestOutputHelper output) : IClassFixture<RealTimeCluster>
{
    [Fact(Explicit = true)]
    public async Task AProjectWithNothingBut500ForTenMinutes_DelaysNoOther_AndIsDeliveredInOrderAndOnceWhenItHeals()
    {
        var (p99, events) = await new Outage(cluster, Guid.NewGuid().ToString("N")).PlayAsync(TimeSpan.FromMinutes(10), pace: TimeSpan.FromMilliseconds(100));
        output.WriteLine($"{events} events of the other project, p99 from acceptance to arrival {p99.TotalMilliseconds:0} ms");
    }
}
