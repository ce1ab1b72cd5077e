using System.Text;
using SpidOrleans.Cluster.Outbox;
using Xunit;

namespace SpidOrleans.UnitTests.Outbox;

public abstract partial class OutboxConformance
{
    private const int Rounds = 40;

    /// <summary>Groups, removals of any part of what was read, burials and moves, by chance, against plain lists.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Outbox_UnderAHistoryByChance_IsWhatListsWouldBe(int seed)
    {
        var model = new Model(seed);
        for (var round = 0; round < Rounds; round++)
        {
            await AppendByChanceAsync(model);
            // Shards that have fallen behind are told from the others here.
            if (round % 10 == 5) await Engine.ReadShardsAsync(Cancel);
            foreach (var shard in model.Shards) await RemoveByChanceAsync(model, shard);
            if (round % 5 == 3) await MoveByChanceAsync(model);

            var identity = model.Any(model.Identities);
            var own = model.LaneOf(identity).ToList();
            Assert.Equal(
                new LaneSummary(own.Count, own.Count == 0 ? null : own.Max(item => item.TimeMs)), await Engine.ReadLaneAsync(LaneOf(Web, identity), Cancel));
        }

        foreach (var shard in model.Shards)
        {
            var left = new List<string>();
            while (await Engine.ReadOldestAsync(shard, 2_000, 10_000_000, Cancel) is { Count: > 0 } rows)
            {
                left.AddRange(rows.Select(TextOf));
                await Engine.CommitAsync([new RemoveOperation(shard, [.. rows.Select(row => row.Position)])], Cancel);
            }

            Assert.Equal(model.In(shard).Select(item => item.Text), left);
        }

        Assert.Empty(await Engine.ReadShardsAsync(Cancel));
    }

    private async Task AppendByChanceAsync(Model model)
    {
        var group = Enumerable.Range(0, model.Random.Next(1, 60)).Select(_ => new AppendOperation(
            LaneOf(Web, model.Any(model.Identities)), model.MakeEvents(), ifStateless: model.Random.Next(2) == 0)).ToList();
        await Engine.CommitAsync([.. group], Cancel);
        foreach (var append in group)
        {
            var isClosed = model.Closed.Contains(append.Lane.Identity);
            Assert.Equal(!isClosed, append.Result);
            if (append.Result) model.Add(append.Lane, append.Events);
        }
    }

    private async Task RemoveByChanceAsync(Model model, Shard shard)
    {
        var rows = await Engine.ReadOldestAsync(shard, model.Random.Next(1, 300), model.Random.Next(1, 200_000), Cancel);
        var expected = model.In(shard);
        Assert.Equal(expected.Take(rows.Count).Select(item => item.Text), rows.Select(TextOf));
        Assert.Equal(expected.Count == 0, rows.Count == 0);

        var fates = rows.Select(_ => model.Random.Next(15)).ToList(); // a third stays, some are refused, the rest is removed
        var refused = rows.Where((_, i) => fates[i] == 5).Select(row => new RefusedRow(row.Position, "refused")).ToList();
        var removed = rows.Where((_, i) => fates[i] > 5).Select(row => row.Position).OrderBy(_ => model.Random.Next()).ToList();
        var bury = new BuryOperation(shard, refused);
        await Engine.CommitAsync([new RemoveOperation(shard, removed), bury], Cancel);
        Assert.Equal(refused.Count, bury.Result);
        for (var i = rows.Count - 1; i >= 0; i--)
        {
            if (fates[i] >= 5) expected.RemoveAt(i);
        }
    }

    private async Task MoveByChanceAsync(Model model)
    {
        var visitor = model.Any([.. model.Identities.Where(identity => identity[0] == 'v' && !model.Closed.Contains(identity))]);
        var moved = model.LaneOf(visitor).ToList();
        var move = new MoveOperation(visitor, "u:target", _ => ShardsOfAProject, Web, Event($"login of {visitor}", 7));
        // Whoever is closed has a state.
        await StoreStateAsync(visitor);
        await Engine.CommitAsync([move], Cancel);

        Assert.Equal(moved.Count, move.Result);
        model.Closed.Add(visitor);
        model.In(LaneOf(Web, visitor).Shard).RemoveAll(item => item.Identity == visitor);
        model.In(move.LastShard).AddRange([.. moved.Select(item => item with { Identity = "u:target" }), new("u:target", $"login of {visitor}", 7)]);
    }

    private sealed class Model(int seed)
    {
        private static readonly string[] Exotic = ["🙂", "ß", "漢", "'\"\\", "{,}", " "];

        private readonly Dictionary<Shard, List<Item>> _shards = [];
        private int _events;

        public Random Random { get; } = new(seed);

        /// <summary>Visitors and users, some with long and strange names, some as they are.</summary>
        public IReadOnlyList<string> Identities { get; } =
            [.. Enumerable.Range(1, 20).Select(i => $"v:{new Guid(i, 0, 0x4000, [0x8F, 0, 0, 0, 0, 0, 0, (byte)seed])}"), "v:6F9619FF-8B86-4D01-B42D-00CF4FC964FF", .. Enumerable.Range(0, 60).Select(i => $"{(i % 2 == 0 ? "v" : "u")}:{i}{string.Concat(Enumerable.Repeat(Exotic[i % Exotic.Length], i))}")];

        public HashSet<string> Closed { get; } = [];

        public IReadOnlyList<Shard> Shards => [.. _shards.Keys];

        public List<Item> In(Shard shard) => _shards.TryGetValue(shard, out var items) ? items : _shards[shard] = [];

        public IEnumerable<Item> LaneOf(string identity) => In(Shard.Of(Web, identity, ShardsOfAProject)).Where(item => item.Identity == identity);

        public void Add(Lane lane, IEnumerable<OutboxEvent> events) =>
            In(lane.Shard).AddRange(events.Select(e => new Item(lane.Identity, Encoding.UTF8.GetString(e.Payload.Span), e.TimeMs)));

        /// <summary>Mostly one or two, sometimes more than a row of the database holds; mostly small, sometimes tens of kilobytes; now
        /// and then a change of a profile among them.</summary>
        public OutboxEvent[] MakeEvents() => [.. Enumerable.Range(0, Random.Next(8) == 0 ? Random.Next(1, 200) : Random.Next(1, 3)).Select(_ =>
            Event($"{(Random.Next(50) == 0 ? "{\"$" : "")}{++_events}{new string('x', Random.Next(30) == 0 ? Random.Next(60_000) : Random.Next(300))}", _events))];

        public T Any<T>(IReadOnlyList<T> items) => items[Random.Next(items.Count)];

        public sealed record Item(string Identity, string Text, long TimeMs);
    }
}
