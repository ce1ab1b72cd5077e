using System.Collections.Immutable;
using System.Text;

namespace SpidOrleans.Contracts.Traits;

/// <summary>What one client says of one person. Of each name the latest value counts, so the same changes make the same traits in
/// whatever order and however often they come.</summary>
[GenerateSerializer, Immutable, Alias("spid.client-traits")]
public sealed record ClientTraits
{
    [Id(0)] public required string ClientId { get; init; }

    /// <summary>The client's, when it last said something: where profiles are told.</summary>
    [Id(1)] public required string Project { get; init; }

    /// <summary>By name; those that are taken away included.</summary>
    [Id(2)] public ImmutableArray<Trait> All { get; init; } = [];

    public IEnumerable<Trait> Set => All.Where(trait => trait.IsSet);

    /// <summary>Within <see cref="TraitLimits"/>, for what one person's traits of one client come to.</summary>
    public bool IsWithinLimits => Set.Count() <= TraitLimits.CountMax && Set.Sum(SizeOf) <= TraitLimits.BytesMax;

    /// <summary>Takes over whatever <see cref="Trait.CountsOver">counts over</see> what is known.</summary>
    /// <returns>This, if nothing is.</returns>
    public ClientTraits With(IEnumerable<Trait> others)
    {
        var traits = All.ToDictionary(trait => trait.Name, StringComparer.Ordinal);
        var isChanged = false;
        foreach (var other in others)
        {
            if (traits.TryGetValue(other.Name, out var known) && !other.CountsOver(known)) continue;
            traits[other.Name] = other;
            isChanged = true;
        }

        return isChanged ? this with { All = Arrange(traits.Values) } : this;
    }

    /// <summary>What two places knew of one person, within the limits: where it is too much, the older gives way.</summary>
    public ClientTraits Joined(ClientTraits other)
    {
        var joined = With(other.All);
        while (!joined.IsWithinLimits) joined = joined with { All = joined.All.Remove(joined.Set.MinBy(trait => trait.SetAtMs)!) };
        return joined;
    }

    /// <summary>When something of a name may be said so that it counts: now, or just after what counts so far.</summary>
    public long NextMs(string name, long nowMs) =>
        All.FirstOrDefault(trait => trait.Name == name) is { } known ? Math.Max(nowMs, known.SetAtMs + 1) : nowMs;

    /// <summary>Bytes of a member in JSON, but for escapes in its name.</summary>
    public static int SizeOf(Trait trait) => Encoding.UTF8.GetByteCount(trait.Name) + Encoding.UTF8.GetByteCount(trait.Json ?? "") + 4;

    private static ImmutableArray<Trait> Arrange(IEnumerable<Trait> traits)
    {
        var all = traits.OrderBy(trait => trait.Name, StringComparer.Ordinal).ToList();
        var forgotten = all.Where(trait => !trait.IsSet).OrderByDescending(trait => trait.SetAtMs).Skip(TraitLimits.RemovedMax).ToHashSet();
        return [.. all.Where(trait => !forgotten.Contains(trait))];
    }
}
