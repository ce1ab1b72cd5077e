using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace SpidOrleans.Web.Ingestion;

/// <summary>Finds the JSON in what Mixpanel's clients send as <c>data</c>: as it is or in base64, url-encoded by some and not by others. Pure.</summary>
internal static class PayloadText
{
    private static readonly SearchValues<byte> Escapes = SearchValues.Create("%+"u8);

    /// <summary>The value of <c>data</c> in a query or form.</summary>
    /// <param name="encoded">As it stands there.</param>
    /// <returns>False: it is neither JSON nor base64 of JSON.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, [NotNullWhen(true)] out byte[]? json)
    {
        // A plus is a blank in a form's JSON, but it is one of the digits of base64, which mixpanel-node does not escape.
        var text = Unescape(encoded, plus: (byte)'+');
        json = IsJson(text) ? encoded.Contains((byte)'+') ? Unescape(encoded, plus: (byte)' ') : text : DecodeBase64(text);
        return json is not null && IsJson(json);
    }

    /// <summary>An object or a list, by its first character.</summary>
    public static bool IsJson(ReadOnlySpan<byte> text) => text.TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..];

    /// <summary>Undoes percent-encoding; what is no escape stays as it is.</summary>
    /// <param name="plus">What a plus stands for.</param>
    public static byte[] Unescape(ReadOnlySpan<byte> encoded, byte plus)
    {
        if (!encoded.ContainsAny(Escapes)) return encoded.ToArray();
        var text = new byte[encoded.Length];
        var length = 0;
        for (var i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] == '+')
            {
                text[length++] = plus;
            }
            else if (encoded[i] == '%' && i + 2 < encoded.Length && Utf8Parser.TryParse(encoded.Slice(i + 1, 2), out byte value, out var digits, 'x') && digits == 2)
            {
                text[length++] = value;
                i += 2;
            }
            else
            {
                text[length++] = encoded[i];
            }
        }

        return length == text.Length ? text : text[..length];
    }

    /// <summary>Either alphabet, padded or not, in lines or in one; a blank was a plus once.</summary>
    private static byte[]? DecodeBase64(byte[] text)
    {
        var length = 0;
        foreach (var character in text)
        {
            switch (character)
            {
                case (byte)'\r' or (byte)'\n' or (byte)'=': break;
                case (byte)'-' or (byte)' ': text[length++] = (byte)'+'; break;
                case (byte)'_': text[length++] = (byte)'/'; break;
                default: text[length++] = character; break;
            }
        }

        var padded = (length + 3) / 4 * 4;
        if (padded > text.Length) Array.Resize(ref text, padded);
        text.AsSpan(length, padded - length).Fill((byte)'=');
        return Base64.DecodeFromUtf8InPlace(text.AsSpan(0, padded), out var written) == OperationStatus.Done ? text[..written] : null;
    }
}
