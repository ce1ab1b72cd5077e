using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SpidOrleans.Web.Browser;

/// <summary>SPiD's signed text <c>S.P</c>: P is JSON in base64url, S the MAC of P's characters (not of the JSON) in base64url,
/// both without padding.</summary>
public static class SignedText
{
    public const string Algorithm = "HMAC-SHA256";

    public static string Sign(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> json)
    {
        var payload = Base64Url.EncodeToString(json);
        return $"{Base64Url.EncodeToString(Mac(secret, payload))}.{payload}";
    }

    /// <summary>Takes padding too, as some signers write it. Nothing of the payload is looked at before its MAC is right.</summary>
    /// <param name="secrets">Any of them may have signed.</param>
    /// <param name="payload">An object that names no other algorithm than ours, which is used whatever it names.</param>
    public static bool TryVerify(IEnumerable<byte[]> secrets, string? text, [NotNullWhen(true)] out JsonElement? payload)
    {
        payload = null;
        var dot = text?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        if (dot < 0) return false;
        var encoded = text![(dot + 1)..];
        if (!TryDecode(text.AsSpan(0, dot), out var mac) || !TryDecode(encoded, out var json)) return false;

        // Every secret is tried, so that the time tells nothing of which it was.
        var isGenuine = false;
        foreach (var secret in secrets) isGenuine |= CryptographicOperations.FixedTimeEquals(mac, Mac(secret, encoded));
        if (!isGenuine) return false;

        try
        {
            var root = JsonElement.Parse(json);
            if (root.ValueKind != JsonValueKind.Object) return false;
            if (root.TryGetProperty("algorithm", out var named) && !Algorithm.Equals(named.ToString(), StringComparison.OrdinalIgnoreCase)) return false;
            payload = root;
            return true;
        }
        // The latter: text that is no Unicode.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    public static byte[] Mac(ReadOnlySpan<byte> secret, string text) => HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(text));

    private static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (!Base64Url.IsValid(text)) return false;
        bytes = Base64Url.DecodeFromChars(text);
        return true;
    }
}
