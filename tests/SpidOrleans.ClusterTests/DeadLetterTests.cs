using System.Text;
using System.Text.Json;
using SpidOrleans.Contracts.DeadLetters;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>What becomes of an event that Mixpanel has refused. Each test has its own visitor and event names.</summary>
[Collection(nameof(SpidTestCluster))]
public sealed class DeadLetterTests(SpidTestCluster cluster) : IAsyncLifetime
{
    private readonly VisitorId _visitor = VisitorId.New();
    private readonly string _name = Guid.NewGuid().ToString("N");

    private IDeadLetterGrain Letters => cluster.Letters;

    public async ValueTask InitializeAsync()
    {
        await cluster.SettleAsync();
        cluster.StandIn.Poison = arrival => arrival.Event.StartsWith(_name, StringComparison.Ordinal) && arrival.Json.Contains("\"poison\"") ? "'poison' is poison" : null;
    }

    public ValueTask DisposeAsync()
    {
        cluster.StandIn.Poison = null;
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task ALetter_ShowsWhatMixpanelGot_AndIsFoundByEachOfItsMarks()
    {
        await BuryAsync("x", """{"poison":1,"list":[1, 2]}""");

        var letter = Assert.Single((await Letters.ListAsync("a", Query())).Letters);
        Assert.Equal((_visitor.Key, 1, 42_000_000_000L), (letter.Identity, letter.Attempts, letter.TimeMs));
        Assert.Contains("'poison' is poison", letter.Reason, StringComparison.Ordinal);
        Assert.EndsWith("\"poison\":1,\"list\":[1, 2]}}", Encoding.UTF8.GetString(letter.Payload.Span), StringComparison.Ordinal);
        Assert.Equivalent(letter, await Letters.FindAsync("a", letter.Id));
        Assert.Null(await Letters.FindAsync("b", letter.Id));
        foreach (var (query, expected) in new[]
        {
            (Query() with { Event = _name + "y" }, 0), (Query() with { Visitor = _visitor }, 1), (Query() with { Visitor = VisitorId.New() }, 0),
            (Query() with { InsertId = InsertId("x") }, 1), (Query() with { InsertId = "other" }, 0), (Query() with { User = cluster.UserIdOf("nobody") }, 0),
            (Query() with { Reason = "is poison" }, 1), (Query() with { Reason = "is honey" }, 0),
            (Query() with { FromMs = letter.RefusedAtMs, ToMs = letter.RefusedAtMs + 1 }, 1), (Query() with { ToMs = letter.RefusedAtMs }, 0),
        }) Assert.Equal(expected, (await Letters.ListAsync("a", query)).Letters.Count);
    }

    [Fact]
    public async Task AReplayWithARepair_Arrives_WithTheIdsAndTimeItHad()
    {
        await BuryAsync("x", """{"poison":1,"amount":5}""");
        var letter = Assert.Single((await Letters.ListAsync("a", Query())).Letters);

        Assert.Equal(DeadLetterOutcome.NotFound, await Letters.ReplayAsync("b", letter.Id, null));
        Assert.Equal(DeadLetterOutcome.Done, await Letters.ReplayAsync("a", letter.Id, new EventRepair { Properties = "{\"amount\":7,\"Client\":\"forged\"}"u8.ToArray() }));
        Assert.Equal(DeadLetterOutcome.NotFound, await Letters.ReplayAsync("a", letter.Id, null));

        var arrival = (await cluster.ArrivalsAsync(all => all.Any(a => a.Event == _name + "x"))).Single(a => a.Event == _name + "x");
        Assert.Equal((InsertId("x"), "42000000000", _visitor.ToString()), (arrival.InsertId, arrival.Time, arrival.DeviceId));
        var properties = JsonElement.Parse(arrival.Json).GetProperty("properties");
        Assert.Equal((7, "Test"), (properties.GetProperty("amount").GetInt32(), properties.GetProperty("Client").GetString()));
        Assert.False(properties.TryGetProperty("poison", out _));
        Assert.Equal(1, arrival.Json.Split("\"Client\"").Length - 1);
    }

    [Fact]
    public async Task AReplayThatIsRefusedAgain_IsALetterAgain_WithOneMoreAttempt_AndTheSameBytes()
    {
        await BuryAsync("x", """{"poison":1}""");
        var first = Assert.Single((await Letters.ListAsync("a", Query())).Letters);

        Assert.Equal(DeadLetterOutcome.Done, await Letters.ReplayAsync("a", first.Id, null));
        await EventuallyAsync(async () => (await Letters.ListAsync("a", Query())).Letters is [{ Attempts: 2 }]);
        var second = Assert.Single((await Letters.ListAsync("a", Query())).Letters);
        Assert.True(second.Id > first.Id);
        Assert.Equal(first.Payload.ToArray(), second.Payload.ToArray());
        Assert.Equal(DeadLetterOutcome.Done, await Letters.DiscardAsync("a", second.Id));
        Assert.Empty((await Letters.ListAsync("a", Query())).Letters);
    }

    [Fact]
    public async Task AllOfAnEvent_AreReplayedInBatches_OnceEach_ThoughTheyAreRefusedAgain()
    {
        for (var i = 0; i < 7; i++) await TrackAsync(i + "", """{"poison":1}""");
        await EventuallyAsync(async () => (await Letters.ListAsync("a", Mine())).Letters.Count == 7);

        int replayed = 0, calls = 0;
        var query = Mine() with { Limit = 3 };
        do
        {
            var change = await Letters.ReplayAllAsync("a", query);
            (replayed, calls, query) = (replayed + change.Count, calls + 1, query with { Cursor = change.Next });
            // What is refused anew meanwhile is not for this round.
            await EventuallyAsync(async () => (await Letters.ListAsync("a", Mine())).Letters.Count == 7);
        }
        while (query.Cursor is not null);
        Assert.Equal((7, true), (replayed, calls is 3 or 4));
        Assert.All((await Letters.ListAsync("a", Mine())).Letters, letter => Assert.Equal(2, letter.Attempts));

        cluster.StandIn.Poison = null;
        Assert.Equal(2, (await Letters.DiscardAllAsync("a", Mine() with { Limit = 2 })).Count);
        Assert.Equal(5, (await Letters.ReplayAllAsync("a", Mine())).Count);
        await cluster.ArrivalsAsync(all => all.Count(a => a.Event.StartsWith(_name, StringComparison.Ordinal)) == 5);
    }

    private DeadLetterQuery Query() => new() { Event = _name + "x" };

    private DeadLetterQuery Mine() => new() { Visitor = _visitor };

    private string InsertId(string which) => _name[..20] + "-" + which;

    private async Task BuryAsync(string which, string properties)
    {
        await TrackAsync(which, properties);
        await EventuallyAsync(async () => (await Letters.ListAsync("a", Query())).Letters.Count == 1);
    }

    private async Task TrackAsync(string which, string properties) => Assert.Equal(TrackOutcome.Stored, await cluster.Visitor(_visitor).TrackAsync(
        cluster.Source("a"),
        [new TrackedEvent { Name = _name + which, TimeMs = 42_000_000_000, InsertId = InsertId(which), Properties = Encoding.UTF8.GetBytes(properties) }]));

    private static async Task EventuallyAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await isSo()) await Task.Delay(20, limit.Token);
    }
}
