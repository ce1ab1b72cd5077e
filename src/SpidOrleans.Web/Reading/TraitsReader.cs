using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Reading;

/// <summary>Reads traits from a flat JSON object. They leave as properties of events and profiles, so Mixpanel's rules for names hold.</summary>
public static class TraitsReader
{
    public const string ObjectRule = "Traits must be a JSON object, each name given once.";
    public const string NameRule = "The name of a trait must have 1 to 255 characters, must not begin with '$' and must not be a reserved name such as 'time'.";
    public const string ValueRule = "A trait must be a string of at most 255 characters, a number, true, false, or a list of at most 100 of these; 2048 bytes of JSON at most.";
    public const string TooMuchRule = "A client may set at most 32 traits of one person, 16384 bytes of JSON in all.";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    // Stored and sent to Mixpanel, never into a page as it is.
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="fault">The rule that is broken; null: none.</param>
    public static ImmutableArray<Trait> Read(ReadOnlyMemory<byte> json, long setAtMs, out string? fault)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            return Read(document.RootElement, setAtMs, isSkipped: _ => false, out fault);
        }
        catch (JsonException)
        {
            fault = ObjectRule;
            return [];
        }
        catch (InvalidOperationException)
        {
            // How System.Text.Json says that text is not Unicode.
            fault = EventRules.SurrogateRule;
            return [];
        }
    }

    /// <inheritdoc cref="Read(ReadOnlyMemory{byte}, long, out string)"/>
    /// <param name="isSkipped">Names that are no traits here.</param>
    public static ImmutableArray<Trait> Read(JsonElement root, long setAtMs, Func<string, bool> isSkipped, out string? fault)
    {
        fault = root.ValueKind == JsonValueKind.Object ? null : ObjectRule;
        if (fault is not null) return [];
        var traits = new Dictionary<string, Trait>(StringComparer.Ordinal);
        try
        {
            foreach (var member in root.EnumerateObject())
            {
                if (isSkipped(member.Name)) continue;
                fault = !IsName(member.Name) ? NameRule : !IsValue(member.Value) ? ValueRule : null;
                if (fault is not null) return [];
                var trait = new Trait { Name = member.Name, Json = Write(member.Value), SetAtMs = setAtMs };
                fault = Encoding.UTF8.GetByteCount(trait.Json) > TraitLimits.ValueBytesMax ? ValueRule : traits.TryAdd(member.Name, trait) ? null : ObjectRule;
                if (fault is not null) return [];
            }
        }
        catch (InvalidOperationException)
        {
            // How System.Text.Json says that text is not Unicode.
            fault = EventRules.SurrogateRule;
            return [];
        }

        return [.. traits.Values];
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= TraitLimits.NameCharsMax && name[0] != '$' && !name.Contains('\0')
        && !ReservedNames.Contains(Encoding.UTF8.GetBytes(name));

    private static bool IsValue(JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? value.GetArrayLength() <= TraitLimits.EntriesMax && value.EnumerateArray().All(IsPlain)
        : IsPlain(value);

    private static bool IsPlain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => true,
        JsonValueKind.Number => EventRules.IsFinite(Encoding.ASCII.GetBytes(value.GetRawText())),
        JsonValueKind.String => value.GetString() is { Length: <= TraitLimits.TextCharsMax } text && !text.Contains('\0'),
        _ => false,
    };

    private static string Write(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>(64);
        using (var writer = new Utf8JsonWriter(buffer, Compact)) value.WriteTo(writer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
