using System.Text;

namespace SpidOrleans.Web.Ingestion;

/// <summary>
/// mixpanel-js encodes each half of a surrogate pair for itself before its base64 (CESU-8), which is no UTF-8: without this no event with
/// an emoji in it could be read. A half that stands alone is what is left where the client has cut its text.
/// </summary>
internal static class SurrogateBytes
{
    private const int HalfBytes = 3;
    private const byte Lead = 0xED;

    /// <summary>Writes whole pairs as UTF-8 does and leaves lone halves out; whatever else there is stays as it is.</summary>
    public static byte[] Mend(ReadOnlySpan<byte> text)
    {
        var mended = new byte[text.Length];
        var length = 0;
        while (true)
        {
            var next = text.IndexOf(Lead);
            var plain = next < 0 ? text : text[..next];
            plain.CopyTo(mended.AsSpan(length));
            length += plain.Length;
            if (next < 0) return mended[..length];
            text = text[next..];
            if (HalfOf(text) is not { } half)
            {
                mended[length++] = text[0];
                text = text[1..];
                continue;
            }

            text = text[HalfBytes..];
            if (HalfOf(text) is not { } second || !char.IsSurrogatePair(half, second)) continue;
            text = text[HalfBytes..];
            length += new Rune(half, second).EncodeToUtf8(mended.AsSpan(length));
        }
    }

    /// <summary>The half of a pair that the bytes begin with; null: they are something else.</summary>
    private static char? HalfOf(ReadOnlySpan<byte> text) =>
        text.Length >= HalfBytes && text[0] == Lead && text[1] is >= 0xA0 and <= 0xBF && text[2] is >= 0x80 and <= 0xBF
            ? (char)(((text[0] & 0x0F) << 12) | ((text[1] & 0x3F) << 6) | (text[2] & 0x3F))
            : null;
}
