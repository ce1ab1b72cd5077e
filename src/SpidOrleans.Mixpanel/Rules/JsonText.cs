using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace SpidOrleans.Mixpanel.Rules;

/// <summary>
/// What <see cref="Utf8JsonReader"/> lets pass in a string: escapes for NUL and for half a surrogate pair. Bytes that
/// are not UTF-8 are looked for once in the whole body, before it is read.
/// </summary>
public static class JsonText
{
    /// <summary>Bytes that one UTF-16 code unit takes at most, as in <c>\u0041</c>.</summary>
    public const int UnitBytesMax = 6;

    /// <summary>The rule that the string or name under the reader breaks; null if it is sound.</summary>
    public static string? FindFlaw(scoped in Utf8JsonReader json) =>
        json.ValueIsEscaped ? FindFlaw(json.ValueSpan) : null;

    /// <param name="escaped">What stands between the quotes, its escapes well-formed.</param>
    private static string? FindFlaw(ReadOnlySpan<byte> escaped)
    {
        while (true)
        {
            var backslash = escaped.IndexOf((byte)'\\');
            if (backslash < 0) return null;
            escaped = escaped[backslash..];
            if (!TryReadUnit(escaped, out var unit))
            {
                escaped = escaped[2..];
                continue;
            }

            escaped = escaped[UnitBytesMax..];
            if (unit == 0) return EventRules.NulRule;
            if (!char.IsSurrogate(unit)) continue;
            if (!TryReadUnit(escaped, out var second) || !char.IsSurrogatePair(unit, second)) return EventRules.SurrogateRule;
            escaped = escaped[UnitBytesMax..];
        }
    }

    /// <summary>Reads the code unit of an escape such as <c>\u0041</c> at the start of <paramref name="text"/>.</summary>
    private static bool TryReadUnit(ReadOnlySpan<byte> text, out char unit)
    {
        unit = default;
        if (text.Length < UnitBytesMax || text[0] != '\\' || text[1] != 'u') return false;
        if (!Utf8Parser.TryParse(text.Slice(2, 4), out ushort value, out var length, 'x') || length != 4) return false;
        unit = (char)value;
        return true;
    }

    /// <summary>Whether the string that begins with the quote at <paramref name="position"/> says <paramref name="text"/>.</summary>
    public static bool EqualsAt(ReadOnlySpan<byte> body, int position, ReadOnlySpan<byte> text)
    {
        var json = new Utf8JsonReader(body[position..]);
        return json.Read() && json.ValueTextEquals(text);
    }

    /// <summary>The first <paramref name="charsMax"/> characters of the string that begins with the quote at <paramref name="position"/>.</summary>
    public static string CutAt(ReadOnlySpan<byte> body, int position, int charsMax)
    {
        var json = new Utf8JsonReader(body[position..]);
        json.Read();
        // What is flawed cannot be unescaped, and what is huge is not worth it: such text is shown as it was written.
        var bytesMax = (charsMax + 1) * UnitBytesMax;
        var text = json.ValueSpan.Length > bytesMax ? Encoding.UTF8.GetString(json.ValueSpan[..bytesMax])
            : FindFlaw(json) is null ? json.GetString()!
            : Encoding.UTF8.GetString(json.ValueSpan);
        if (text.Length <= charsMax) return text;
        var end = char.IsHighSurrogate(text[charsMax - 1]) ? charsMax - 1 : charsMax;
        return text[..end] + "…";
    }
}
