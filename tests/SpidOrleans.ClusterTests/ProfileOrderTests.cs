using System.Collections.Immutable;
using System.Text.Json;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>Events and changes of profiles in turn, while Mixpanel fails: first arrivals keep each person's order.</summary>
[Collection(nameof(SpidTestCluster))]
public sealed class ProfileOrderTests(SpidTestCluster cluster) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _name = Guid.NewGuid().ToString("N");

    public async ValueTask InitializeAsync() => await cluster.SettleAsync();

    public ValueTask DisposeAsync()
    {
        cluster.StandIn.Faults = new FaultQueue();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task WhatOnePersonDoesAndIsSaidOf_ArrivesInThatOrder_WhateverFails(int seed)
    {
        const int persons = 8, steps = 30;
        cluster.StandIn.Faults = new SeededTroubles(seed);

        var sent = await Task.WhenAll(Enumerable.Range(0, persons).Select(person => LiveAsync(person, steps, new Random(seed * 1_000 + person))));

        await cluster.StandIn.Profiles.WaitAsync(all => sent.All(person => all.Any(c => IsOf(c, person) && IsLast(c))), Patience);
        await cluster.SettleAsync();
        var (events, changes) = (cluster.StandIn.Arrivals.Snapshot(), cluster.StandIn.Profiles.Snapshot());
        foreach (var person in sent)
        {
            // By request, and within one by its place there.
            var arrivals = events.Where(a => a.Event.StartsWith(person + "-", StringComparison.Ordinal)).Select(a => (a.Request, Step: int.Parse(a.Event[(person.Length + 1)..])))
                .Concat(changes.Where(c => IsOf(c, person) && StepOf(c) is not null).Select(c => (c.Request, Step: StepOf(c)!.Value)))
                .OrderBy(arrival => arrival.Request).Select(arrival => arrival.Step).Distinct().ToList();
            Assert.Equal(Enumerable.Range(0, steps), arrivals);
        }

        bool IsLast(ProfileArrival change) => StepOf(change) == steps - 1;
    }

    [Fact]
    public async Task ManyLoginsAtOnce_AreFewRequests()
    {
        await cluster.StandIn.GoAwayAsync();
        try
        {
            await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
            {
                var visitor = cluster.Visitor(VisitorId.New());
                await visitor.TrackAsync(Source, [new TrackedEvent { Name = $"{_name}before{i}" }]);
                Assert.Equal(TrackOutcome.Stored, (await visitor.LoginAsync(new LoginRequest
                {
                    UserId = cluster.UserIdOf($"{_name}{i}"),
                    Source = Source,
                    Event = new TrackedEvent { Name = $"{_name}login{i}" },
                })).Outcome);
                await visitor.TrackAsync(Source, [new TrackedEvent { Name = $"{_name}after{i}" }]);
            }));
        }
        finally
        {
            await cluster.StandIn.ComeBackAsync();
        }

        await cluster.SettleAsync();
        var changes = cluster.StandIn.Profiles.Snapshot().Where(c => c.DistinctId.StartsWith(_name, StringComparison.Ordinal)).ToList();
        var events = cluster.StandIn.Arrivals.Snapshot().Where(a => a.Event.StartsWith(_name, StringComparison.Ordinal)).ToList();
        Assert.Equal((40, 120), (changes.Count, events.Count));
        // Four shards: each has a request of changes, and one of events before and after it.
        Assert.InRange(changes.Select(c => c.Request).Distinct().Count(), 1, 4);
        Assert.InRange(events.Select(a => a.Request).Distinct().Count(), 1, 8);
    }

    private static EventSource Source => new() { ClientName = "Test", Project = "a", ClientId = "news" };

    /// <summary>A person's steps, each acknowledged before the next: the last is a change.</summary>
    /// <returns>The person's id.</returns>
    private async Task<string> LiveAsync(int number, int steps, Random random)
    {
        var id = $"{_name}{number}";
        var (visitor, user) = (cluster.Visitor(VisitorId.New()), cluster.User(id));
        var login = new LoginRequest { UserId = cluster.UserIdOf(id), Source = Source, Event = new TrackedEvent { Name = $"{id}-0" } };
        Assert.Equal(TrackOutcome.Stored, (await visitor.LoginAsync(login)).Outcome);
        for (var step = 1; step < steps; step++)
        {
            ImmutableArray<TrackedEvent> events = [new TrackedEvent { Name = $"{id}-{step}" }];
            var outcome = step == steps - 1 || random.Next(2) == 0
                ? (await user.SetTraitsAsync(Source, [new Trait { Name = "step", Json = $"{step}" }], isTrusted: true)).Outcome
                : random.Next(2) == 0 ? await user.TrackAsync(Source, events) : await visitor.TrackAsync(Source, events);
            Assert.Equal(TrackOutcome.Stored, outcome);
        }

        return id;
    }

    private static bool IsOf(ProfileArrival change, string person) => change.DistinctId == person;

    private static int? StepOf(ProfileArrival change) =>
        JsonElement.Parse(change.Argument).TryGetProperty("step", out var step) ? step.GetInt32() : null;

    /// <summary>Every second request fails in one of the ways that do not take a sender's time-out.</summary>
    private sealed class SeededTroubles(int seed) : IFaultPlan
    {
        private readonly Random _random = new(seed);

        public Fault Next(ImportRequest request) => _random.Next(10) switch
        {
            0 => new Fault.Throttle(),
            1 => new Fault.ServerError(502),
            2 => new Fault.Reset(Stored: false),
            3 => new Fault.Reset(Stored: true),
            4 => new Fault.StorePrefix(_random.Next(request.Events)),
            _ => Fault.None,
        };
    }
}
