using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Ingestion;

/// <summary>
/// Makes text what Mixpanel would make of it: cut at 255 characters. And drops what its clients leave behind when they cut: half a
/// surrogate pair, which no JSON of ours may carry; NUL too.
/// </summary>
internal static class TextRepair
{
    public const int CharsMax = 255;

    private static readonly JsonWriterOptions Options = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether the string or name under the reader can stay as it is.</summary>
    public static bool IsSound(scoped in Utf8JsonReader json) =>
        (json.ValueSpan.Length <= CharsMax || IsShort(json)) && JsonText.FindFlaw(json) is null;

    /// <summary>Reads over the value under the reader.</summary>
    /// <returns>False: some text in it needs repair.</returns>
    public static bool SkipSound(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.String) return IsSound(json);
        if (json.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray)) return true;
        var isSound = true;
        for (var depth = json.CurrentDepth; json.Read() && json.CurrentDepth > depth;)
        {
            if (json.TokenType is JsonTokenType.String or JsonTokenType.PropertyName) isSound = isSound && IsSound(json);
        }

        return isSound;
    }

    /// <summary>The string or name under the reader, repaired.</summary>
    public static string Read(scoped in Utf8JsonReader json, int charsMax = CharsMax)
    {
        var text = JsonText.FindFlaw(json) is null ? json.GetString()! : Mend(json.ValueSpan);
        if (text.Length <= charsMax) return text;
        return text[..(char.IsHighSurrogate(text[charsMax - 1]) ? charsMax - 1 : charsMax)];
    }

    /// <summary>Writes a value with all text in it repaired.</summary>
    /// <param name="value">One JSON value.</param>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> value)
    {
        using var writer = new Utf8JsonWriter(output, Options);
        var reader = new Utf8JsonReader(value);
        while (reader.Read()) Write(writer, reader);
    }

    /// <summary>Writes a member's name and the colon.</summary>
    public static void WriteName(IBufferWriter<byte> output, string name)
    {
        output.Write("\""u8);
        output.Write(JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes);
        output.Write("\":"u8);
    }

    /// <summary>Writes the token under the reader, repaired if it is text.</summary>
    public static void Write(Utf8JsonWriter writer, in Utf8JsonReader json)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.StartObject: writer.WriteStartObject(); break;
            case JsonTokenType.EndObject: writer.WriteEndObject(); break;
            case JsonTokenType.StartArray: writer.WriteStartArray(); break;
            case JsonTokenType.EndArray: writer.WriteEndArray(); break;
            case JsonTokenType.PropertyName: writer.WritePropertyName(Read(json)); break;
            case JsonTokenType.String: writer.WriteStringValue(Read(json)); break;
            default: writer.WriteRawValue(json.ValueSpan, skipInputValidation: true); break;
        }
    }

    /// <summary>No character takes less than a byte, so almost every text is settled without this.</summary>
    private static bool IsShort(scoped in Utf8JsonReader json) => json.ValueIsEscaped
        ? JsonText.FindFlaw(json) is null && json.GetString()!.Length <= CharsMax
        : Encoding.UTF8.GetCharCount(json.ValueSpan) <= CharsMax;

    /// <summary>What stands between the quotes, without what is no Unicode.</summary>
    private static string Mend(ReadOnlySpan<byte> escaped)
    {
        var text = new StringBuilder(escaped.Length);
        for (var i = 0; i < escaped.Length;)
        {
            var backslash = escaped[i..].IndexOf((byte)'\\');
            var plain = backslash < 0 ? escaped[i..] : escaped.Slice(i, backslash);
            text.Append(Encoding.UTF8.GetString(plain));
            i += plain.Length;
            if (backslash < 0) break;
            if (escaped[i + 1] == 'u')
            {
                text.Append((char)ushort.Parse(escaped.Slice(i + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += JsonText.UnitBytesMax;
            }
            else
            {
                text.Append(escaped[i + 1] switch { (byte)'n' => '\n', (byte)'r' => '\r', (byte)'t' => '\t', (byte)'b' => '\b', (byte)'f' => '\f', var same => (char)same });
                i += 2;
            }
        }

        for (var i = text.Length - 1; i >= 0; i--)
        {
            var isPaired = i > 0 && char.IsSurrogatePair(text[i - 1], text[i]);
            if (isPaired) i--;
            else if (text[i] == '\0' || char.IsSurrogate(text[i])) text.Remove(i, 1);
        }

        return text.ToString();
    }
}
