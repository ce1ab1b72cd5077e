using System.Text.Json;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>Changes of profiles that Mixpanel refuses: it does not say which of several they are. In a project whose requests no other
/// test wants large: after them they are small for a while.</summary>
[Collection(nameof(SpidTestCluster))]
public sealed class ProfilePoisonTests(SpidTestCluster cluster) : IAsyncLifetime
{
    private readonly string _name = Guid.NewGuid().ToString("N");

    public async ValueTask InitializeAsync() => await cluster.SettleAsync();

    public ValueTask DisposeAsync()
    {
        (cluster.StandIn.Faults, cluster.StandIn.PoisonProfile, cluster.StandIn.ComplainsOfAnyProfile) = (new FaultQueue(), null, false);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("0")]
    [InlineData("63")]
    [InlineData("17,18")]
    [InlineData("5,31,32,60")]
    public async Task OfABatchThatIsPartlyRefused_ExactlyThePoisonBecomesDeadLetters_InABoundedNumberOfRequests(string places)
    {
        const int changes = 64;
        var poison = places.Split(',').Select(int.Parse).ToHashSet();
        var requests = await SendAsync(changes, poison, complainsOfAny: true);

        Assert.Equal(Enumerable.Range(0, changes).Except(poison), Arrived());
        Assert.Equal(poison.Count, await cluster.DeadLettersAsync(SpidTestCluster.Original, "p:" + _name));
        // Down to the poison and up again, for each of it: twice the halvings of 64.
        Assert.InRange(requests, 1, poison.Count * 2 * 7 + 2);
    }

    [Fact]
    public async Task OfABatchThatIsWhollyRefused_EachBecomesADeadLetter_InTwoRequestsEach()
    {
        // Refusals that name no fault come ever more slowly: not too many of them.
        const int changes = 8;
        var requests = await SendAsync(changes, [.. Enumerable.Range(0, changes)], complainsOfAny: false);

        Assert.Empty(Arrived());
        Assert.Equal(changes, await cluster.DeadLettersAsync(SpidTestCluster.Original, "p:" + _name));
        Assert.InRange(requests, 1, changes * 2 + 4);
    }

    /// <returns>How many requests it took.</returns>
    private async Task<int> SendAsync(int changes, HashSet<int> poison, bool complainsOfAny)
    {
        var source = new EventSource { ClientName = "Test", Project = SpidTestCluster.Original, ClientId = "news" };
        (cluster.StandIn.ComplainsOfAnyProfile, cluster.StandIn.PoisonProfile) = (complainsOfAny, change =>
            change.DistinctId == _name && poison.Contains(StepOf(change)) ? "bad" : null);
        await cluster.StandIn.GoAwayAsync();
        try
        {
            for (var step = 0; step < changes; step++)
                Assert.Equal(TrackOutcome.Stored, (await cluster.User(_name).SetTraitsAsync(source, [new Trait { Name = "step", Json = $"{step}" }], isTrusted: true)).Outcome);
        }
        finally
        {
            cluster.StandIn.Faults = new Counter();
            await cluster.StandIn.ComeBackAsync();
        }

        await cluster.SettleAsync();
        return ((Counter)cluster.StandIn.Faults).Requests;
    }

    /// <summary>First arrivals: halves of a batch that was partly taken come again.</summary>
    private IEnumerable<int> Arrived() => cluster.StandIn.Profiles.Snapshot().Where(change => change.DistinctId == _name).Select(StepOf).Distinct();

    private static int StepOf(ProfileArrival change) => JsonElement.Parse(change.Argument).GetProperty("step").GetInt32();

    private sealed class Counter : IFaultPlan
    {
        public int Requests { get; private set; }

        public Fault Next(ImportRequest request)
        {
            Requests++;
            return Fault.None;
        }
    }
}
