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

    /// <summary>What a profile that several clients of one project share says under the names of these traits, which are one of theirs:
    /// of each name the value that counts, whoever's it is.</summary>
    public ClientTraits Shared(ClientTraits traits) => traits with
    {
        All = [.. traits.All.Select(trait => trait.IsSet && OfOthers(traits, trait.Name) is { } other && other.CountsOver(trait) ? other : trait)],
    };

    /// <summary>What counts of what the project's other clients say under this name; null: none of them says anything.</summary>
    public Trait? OfOthers(ClientTraits traits, string name)
    {
        Trait? latest = null;
        foreach (var client in Clients)
        {
            if (client.Project != traits.Project || client.ClientId == traits.ClientId) continue;
            foreach (var trait in client.All)
            {
                if (trait.IsSet && trait.Name == name && (latest is null || trait.CountsOver(latest))) latest = trait;
            }
        }

        return latest;
    }

    /// <summary>Takes over what another place knew of the same person; of each name the latest value counts.</summary>
    /// <returns>This, if it knew nothing new.</returns>
    public TraitMap Joined(TraitMap? other) => other is null ? this : other.Clients.Reverse().Aggregate(this, (map, client) =>
        map.With(map.Of(client.ClientId)?.Joined(client) ?? client));
}
