using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Browser;

/// <summary>
/// <c>sp_id</c>: what a page may show instead of the cookie to ask for products, as SPiD shapes it: base64url of
/// <c>{"client_id":…,"auth":…}</c>. <c>auth</c> is sealed for this client and names the session by visitor and secret's digest,
/// so it is good exactly as long as the session is, and no longer than <see cref="Lifetime"/>.
/// </summary>
public sealed class SpId(SessionKeys keys, TimeProvider clock)
{
    /// <summary>It lies in a cookie that scripts can read and in logged addresses: half a day, as SDK 2.x keeps it.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    private const int LengthMax = 600;
    private const int IdLength = 36;
    private const int PlainLength = IdLength + SHA256.HashSizeInBytes + sizeof(long);
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int SealedLength = NonceLength + PlainLength + TagLength;

    public string Issue(Client client, VisitorId visitor, KeyDigest session)
    {
        var plain = new byte[PlainLength];
        Encoding.ASCII.GetBytes(visitor.ToString(), plain);
        session.ToHash().CopyTo(plain.AsSpan(IdLength));
        BinaryPrimitives.WriteInt64BigEndian(plain.AsSpan(PlainLength - sizeof(long)), (clock.GetUtcNow() + Lifetime).ToUnixTimeSeconds());

        var auth = new byte[SealedLength];
        RandomNumberGenerator.Fill(auth.AsSpan(0, NonceLength));
        using var aes = new AesGcm(keys.SpId[0], TagLength);
        aes.Encrypt(auth.AsSpan(0, NonceLength), plain, auth.AsSpan(NonceLength, PlainLength), auth.AsSpan(NonceLength + PlainLength), Audience(client));
        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"client_id":"{{client.Id}}","auth":"{{Base64Url.EncodeToString(auth)}}"}"""));
    }

    /// <summary>The session that it names; null for forged and expired ones and for another client's. Whether the session
    /// lives, its visitor's grain knows.</summary>
    public (VisitorId Visitor, KeyDigest Session)? Read(Client client, string? text)
    {
        if (text is not { Length: > 0 and <= LengthMax } || ReadAuth(text) is not { Length: SealedLength } auth) return null;
        var plain = new byte[PlainLength];
        if (!keys.SpId.Any(key => TryOpen(key, auth, plain, client))) return null;
        var expiresAt = BinaryPrimitives.ReadInt64BigEndian(plain.AsSpan(PlainLength - sizeof(long)));
        if (expiresAt <= clock.GetUtcNow().ToUnixTimeSeconds()) return null;
        return VisitorId.TryParse(Encoding.ASCII.GetString(plain, 0, IdLength), out var visitor)
            ? (visitor, KeyDigest.FromHash(plain.AsSpan(IdLength, SHA256.HashSizeInBytes)))
            : null;
    }

    private static bool TryOpen(byte[] key, byte[] auth, byte[] plain, Client client)
    {
        using var aes = new AesGcm(key, TagLength);
        try
        {
            aes.Decrypt(auth.AsSpan(0, NonceLength), auth.AsSpan(NonceLength, PlainLength), auth.AsSpan(NonceLength + PlainLength), plain, Audience(client));
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    private static byte[]? ReadAuth(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(Base64Url.DecodeFromChars(text));
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("auth", out var auth)
                && auth.ValueKind == JsonValueKind.String
                ? Base64Url.DecodeFromChars(auth.GetString())
                : null;
        }
        // The last one: text that is no Unicode.
        catch (Exception exception) when (exception is FormatException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static byte[] Audience(Client client) => Encoding.ASCII.GetBytes(client.Id);
}
