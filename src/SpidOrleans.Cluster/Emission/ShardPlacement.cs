using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace SpidOrleans.Cluster.Emission;

/// <summary>Each shard belongs to one of the silos in service, which all of them work out alike: so shards spread evenly, and
/// of a silo that comes or goes only its own share moves.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("spid.shard-placement")]
public sealed class ShardPlacement : PlacementStrategy
{
    /// <summary>Rendezvous hashing: every silo draws a number for the shard, the highest wins.</summary>
    /// <param name="silos">At least one, in any order.</param>
    public static SiloAddress OwnerOf(string shard, IEnumerable<SiloAddress> silos) =>
        silos.MaxBy(silo => (Draw(shard, silo), silo.Generation)) ?? throw new ArgumentException("a cluster has a silo", nameof(silos));

    /// <summary>FNV-1a with a final mix: its last characters alone would hardly change the order.</summary>
    private static uint Draw(string shard, SiloAddress silo)
    {
        var hash = 2166136261u;
        foreach (var character in $"{silo.Endpoint} {shard}") hash = (hash ^ character) * 16777619;
        hash = (hash ^ (hash >> 16)) * 0x7FEB352D;
        hash = (hash ^ (hash >> 15)) * 0x846CA68B;
        return hash ^ (hash >> 16);
    }
}

/// <summary>Puts a grain whose key is a shard where <see cref="ShardPlacement"/> says.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ShardPlacementAttribute() : PlacementAttribute(new ShardPlacement());

internal sealed class ShardPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context) =>
        Task.FromResult(ShardPlacement.OwnerOf(target.GrainIdentity.Key.ToString()!, context.GetCompatibleSilos(target)));
}
