using System.Text;
using System.Text.Json;
using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Ingestion;

internal static class SentText
{
    /// <summary>An id that some clients send as a number.</summary>
    /// <returns>Null: empty, or neither. What is longer than the bound is cut behind it, so that it breaks whatever rule bounds it.</returns>
    public static string? ReadText(this scoped in Utf8JsonReader json, int charsMax) => json.TokenType switch
    {
        JsonTokenType.String => TextRepair.Read(json, charsMax + 1) is { Length: > 0 } text ? text : null,
        JsonTokenType.Number => Encoding.ASCII.GetString(json.ValueSpan),
        _ => null,
    };

    /// <summary>False for a name that is no Unicode, which the reader does not compare.</summary>
    public static bool ValueTextEqualsSafely(this scoped in Utf8JsonReader json, ReadOnlySpan<byte> name) =>
        JsonText.FindFlaw(json) is null && json.ValueTextEquals(name);
}
