using System.Collections.Immutable;

namespace SpidOrleans.Contracts.Traits;

/// <summary>What all clients say of one person. No client is told what another says.</summary>
[GenerateSerializer, Immutable, Alias("spid.trait-map")]
public sealed record TraitMap
{
    public static readonly TraitMap Empty = new();

    /// <summary>The one that spoke last comes first; at most <see cref="TraitLimits.ClientsMax"/>.</summary>
    [Id(0)] public ImmutableArray<ClientTraits> Clients { get; init; } = [];

    public ClientTraits? Of(string? clientId)
    {
        foreach (var client in Clients)
        {
            if (client.ClientId == clientId) return client;
        }

        return null;
    }

    /// <summary>With this client's traits in place of what it said before.</summary>
    public TraitMap With(ClientTraits traits) => Of(traits.ClientId) == traits
        ? this
        : new TraitMap { Clients = [traits, .. Clients.Where(known => known.ClientId != traits.ClientId).Take(TraitLimits.ClientsMax - 1)] };

    /// <summary>Takes over what another place knew of the same person; of each name the latest value counts.</summary>
    /// <returns>This, if it knew nothing new.</returns>
    public TraitMap Joined(TraitMap? other) => other is null ? this : other.Clients.Reverse().Aggregate(this, (map, client) =>
        map.With(map.Of(client.ClientId)?.Joined(client) ?? client));
}
