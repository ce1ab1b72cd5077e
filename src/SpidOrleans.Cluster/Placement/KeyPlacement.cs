using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace SpidOrleans.Cluster.Placement;

/// <summary>Each key, a shard's or a visitor's, belongs to one of the silos in service, which all of them work out alike: so keys
/// spread evenly, and of a silo that comes or goes only its own share moves.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("spid.key-placement")]
public sealed class KeyPlacement : PlacementStrategy
{
    private const uint FnvOffset = 2166136261;
    private const uint FnvPrime = 16777619;

    /// <summary>A silo that keys may belong to, and what its draws begin with.</summary>
    internal readonly record struct Candidate(SiloAddress Silo, uint Seed)
    {
        public static Candidate Of(SiloAddress silo) => new(silo, Hash(FnvOffset, $"{silo.Endpoint} "));
    }

    /// <summary>Rendezvous hashing: every silo draws a number for the key, the highest wins.</summary>
    /// <param name="candidates">At least one, in any order.</param>
    internal static SiloAddress OwnerOf(ReadOnlySpan<char> key, ReadOnlySpan<Candidate> candidates)
    {
        var (owner, best) = (candidates[0].Silo, (Draw: 0u, Generation: int.MinValue));
        foreach (var (silo, seed) in candidates)
        {
            var draw = (Mix(Hash(seed, key)), silo.Generation);
            if (draw.CompareTo(best) > 0) (owner, best) = (silo, draw);
        }

        return owner;
    }

    /// <param name="silos">At least one, in any order.</param>
    public static SiloAddress OwnerOf(string key, IEnumerable<SiloAddress> silos) => OwnerOf(key, [.. silos.Select(Candidate.Of)]);

    private static uint Hash(uint hash, ReadOnlySpan<char> text)
    {
        foreach (var character in text) hash = (hash ^ character) * FnvPrime;
        return hash;
    }

    /// <summary>The last characters alone would hardly change the order.</summary>
    private static uint Mix(uint hash)
    {
        hash = (hash ^ (hash >> 16)) * 0x7FEB352D;
        hash = (hash ^ (hash >> 15)) * 0x846CA68B;
        return hash ^ (hash >> 16);
    }
}

/// <summary>Puts a grain where <see cref="KeyPlacement"/> says.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class KeyPlacementAttribute() : PlacementAttribute(new KeyPlacement());

internal sealed class KeyPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context) =>
        Task.FromResult(KeyPlacement.OwnerOf(target.GrainIdentity.Key.ToString()!, context.GetCompatibleSilos(target)));
}
