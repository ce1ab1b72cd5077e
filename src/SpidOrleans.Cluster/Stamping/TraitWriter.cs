using System.Collections.Frozen;
using System.Text.Json;
using SpidOrleans.Contracts.Traits;

namespace SpidOrleans.Cluster.Stamping;

/// <summary>Writes traits as members of an object that is open.</summary>
internal static class TraitWriter
{
    /// <param name="taken">Names that are SPiD's there.</param>
    public static void Write(Utf8JsonWriter writer, ClientTraits traits, FrozenSet<string> taken)
    {
        var room = PropertyRoom.Beside(default);
        Write(writer, traits, taken, ref room, default);
    }

    /// <param name="taken">Names that are SPiD's there.</param>
    /// <param name="stronger">An object whose names win; empty: none.</param>
    public static void Write(Utf8JsonWriter writer, ClientTraits traits, FrozenSet<string> taken, ref PropertyRoom room, ReadOnlySpan<byte> stronger)
    {
        var named = NamedIn(stronger, traits);
        for (var i = 0; i < traits.All.Length; i++)
        {
            var trait = traits.All[i];
            if (!trait.IsSet || taken.Contains(trait.Name) || (named & (1UL << i)) != 0 || !room.TryTake()) continue;
            writer.WritePropertyName(trait.Name);
            writer.WriteRawValue(trait.Json!, skipInputValidation: true);
        }
    }

    /// <returns>A bit for each trait, by its place: whether the object has a member of its name.</returns>
    private static ulong NamedIn(ReadOnlySpan<byte> json, ClientTraits traits)
    {
        if (json.Length <= 2) return 0;
        var named = 0UL;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            for (var i = 0; i < traits.All.Length; i++)
            {
                if (reader.ValueTextEquals(traits.All[i].Name)) named |= 1UL << i;
            }

            reader.Read();
            reader.Skip();
        }

        return named;
    }
}
