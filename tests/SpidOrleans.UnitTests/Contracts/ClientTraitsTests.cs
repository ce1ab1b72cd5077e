using SpidOrleans.Contracts.Traits;
using Xunit;

namespace SpidOrleans.UnitTests.Contracts;

public sealed class ClientTraitsTests
{
    private static readonly ClientTraits None = new() { ClientId = "news", Project = "p" };

    [Fact]
    public void InWhateverOrderAndHoweverOften_TheLatestOfEachNameCounts()
    {
        Trait[][] changes = [[Of("a", "1", 10)], [Of("a", "2", 20), Of("b", "\"x\"", 20)], [Of("b", null, 30)], [Of("c", "[1]", 5)]];

        foreach (var order in Permutations(changes))
        {
            var traits = order.Concat(order).Aggregate(None, (known, change) => known.With(change));
            Assert.Equal("""{"a":2,"c":[1]}""", Show(traits));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void OfOneMoment_TheSameValueCounts_InWhateverOrderTheyCome(int seed)
    {
        // Few names, times and values, so that most changes meet others of their moment.
        var random = new Random(seed);
        string?[] values = ["1", "2", "\"a\"", "\"b\"", "true", "[1]", null];
        for (var run = 0; run < 300; run++)
        {
            var changes = Enumerable.Range(0, random.Next(1, 12))
                .Select(_ => Of($"n{random.Next(3)}", values[random.Next(values.Length)], random.Next(3))).ToArray();
            var expected = changes.Distinct().GroupBy(change => change.Name)
                .Select(same => same.Single(one => same.All(other => one == other || one.CountsOver(other))))
                .OrderBy(one => one.Name, StringComparer.Ordinal).ToList();

            for (var order = 0; order < 8; order++)
            {
                random.Shuffle(changes);
                var at = random.Next(changes.Length + 1);
                var oneByOne = changes.Aggregate(None, (known, change) => known.With([change]));
                var joined = changes[..at].Aggregate(None, (known, change) => known.With([change]))
                    .Joined(changes[at..].Aggregate(None, (known, change) => known.With([change])));

                Assert.Equal(expected, oneByOne.All);
                Assert.Equal(expected, joined.All);
            }
        }
    }

    [Fact]
    public void WhatIsOlderOrTheSame_ChangesNothingAtAll()
    {
        var known = None.With([Of("a", "2", 20), Of("b", null, 20)]);

        Assert.Same(known, known.With([Of("a", "1", 19), Of("b", "1", 19)]));
        Assert.Same(known, known.With([Of("a", "2", 20), Of("b", null, 20)]));
        Assert.Same(known, known.Joined(known));
    }

    [Theory]
    [InlineData(TraitLimits.CountMax, true)]
    [InlineData(TraitLimits.CountMax + 1, false)]
    public void TheNumberOfTraits_IsLimited(int count, bool isWithin) =>
        Assert.Equal(isWithin, None.With(Enumerable.Range(0, count).Select(i => Of($"t{i}", "1", i))).IsWithinLimits);

    [Theory]
    [InlineData(TraitLimits.BytesMax, true)]
    [InlineData(TraitLimits.BytesMax + 1, false)]
    public void TheBytesOfAll_AreLimited(int bytes, bool isWithin)
    {
        // Eight of two thousand bytes each, and the rest.
        var traits = Enumerable.Range(0, 8).Select(i => Of($"t{i}", new string('1', 1_994), i)).ToList();
        traits.Add(Of("last", new string('1', bytes - 8 * 2_000 - 8), 9));

        Assert.Equal(bytes, traits.Sum(ClientTraits.SizeOf));
        Assert.Equal(isWithin, None.With(traits).IsWithinLimits);
    }

    [Fact]
    public void WhatIsTakenAway_DoesNotCount_AndIsRememberedUpToABound()
    {
        var removed = None.With(Enumerable.Range(0, TraitLimits.RemovedMax + 1).Select(i => Of($"t{i}", null, i)));

        Assert.True(removed.With(Enumerable.Range(0, TraitLimits.CountMax).Select(i => Of($"s{i}", "1", 1))).IsWithinLimits);
        // The oldest is forgotten, the next is not.
        Assert.Equal(TraitLimits.RemovedMax, removed.All.Length);
        Assert.Equal("""{"t0":1}""", Show(removed.With([Of("t0", "1", 0), Of("t1", "1", 0)])));
    }

    [Fact]
    public void WhereTwoPlacesTogetherKnowTooMuch_TheOlderGivesWay()
    {
        var visitors = None.With(Enumerable.Range(0, TraitLimits.CountMax).Select(i => Of($"v{i}", "1", 100 + i)));
        var users = None.With([Of("old", "1", 1), Of("new", "1", 1_000)]);

        var joined = users.Joined(visitors);

        Assert.Equal(TraitLimits.CountMax, joined.Set.Count());
        Assert.DoesNotContain(joined.Set, trait => trait.Name is "old" or "v0");
        Assert.Contains(joined.Set, trait => trait.Name == "new");
    }

    [Theory]
    [InlineData(100, 101)]
    [InlineData(50, 60)]
    public void AWordOfTheClientItself_IsLaterThanWhatCounts(long knownMs, long expectedMs) =>
        Assert.Equal(expectedMs, None.With([Of("a", "1", knownMs)]).NextMs("a", nowMs: 60));

    [Fact]
    public void Clients_DoNotSeeEachOther_AndWhoSaidNothingForLongestGivesWay()
    {
        var map = Enumerable.Range(0, TraitLimits.ClientsMax).Aggregate(TraitMap.Empty, (known, i) => known.With(Client($"c{i}", "a")));
        map = map.With(Client("c0", "b"));

        Assert.Null(map.Of("other"));
        Assert.Null(map.Of(null));
        map = map.With(Client("other", "a"));
        Assert.Equal(TraitLimits.ClientsMax, map.Clients.Length);
        Assert.Null(map.Of("c1"));
        Assert.Equal("""{"b":1}""", Show(map.Of("c0")!));
        Assert.Same(map, map.Joined(new TraitMap { Clients = [map.Of("c5")!] }));
        Assert.Same(map, map.Joined(null));

        static ClientTraits Client(string id, string trait) => new ClientTraits { ClientId = id, Project = "p" }.With([Of(trait, "1", 1)]);
    }

    private static Trait Of(string name, string? json, long atMs) => new() { Name = name, Json = json, SetAtMs = atMs };

    private static string Show(ClientTraits traits) => "{" + string.Join(",", traits.Set.Select(trait => $"\"{trait.Name}\":{trait.Json}")) + "}";

    private static IEnumerable<T[]> Permutations<T>(T[] all) => all.Length <= 1
        ? [all]
        : all.SelectMany((first, at) => Permutations([.. all[..at], .. all[(at + 1)..]]).Select(rest => (T[])[first, .. rest]));
}
