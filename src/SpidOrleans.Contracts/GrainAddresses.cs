using System.Collections.Concurrent;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Contracts;

/// <summary>Grains by their ids.</summary>
public static class GrainAddresses
{
    private static readonly ConcurrentDictionary<Type, (GrainType Grain, GrainInterfaceType Interface)> Types = [];

    public static IVisitorGrain GetVisitor(this IGrainFactory grains, VisitorId id) => Get<IVisitorGrain>(grains, id.Key);

    public static IUserGrain GetUser(this IGrainFactory grains, UserId id) => Get<IUserGrain>(grains, id.Key);

    /// <summary>Orleans reads an interface's attributes anew whenever it is asked for one of its grains by type: 7 % of the
    /// CPU of an event. The types never change, so they are asked for once.</summary>
    private static TGrain Get<TGrain>(IGrainFactory grains, string key)
        where TGrain : IGrainWithStringKey
    {
        if (Types.TryGetValue(typeof(TGrain), out var types))
            return (TGrain)grains.GetGrain(GrainId.Create(types.Grain, key), types.Interface);

        var grain = grains.GetGrain<TGrain>(key);
        if (grain is GrainReference reference) Types.TryAdd(typeof(TGrain), (reference.GrainId.Type, reference.InterfaceType));
        return grain;
    }
}
