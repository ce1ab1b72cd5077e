using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Browser;

/// <summary>The JSON that tells a page about its visitor and session. Written with the default encoder, which escapes
/// <c>&lt; &gt; &amp;</c>, quotes and everything beyond ASCII: safe inside a script.</summary>
internal sealed class SessionAnswer(SpidSettings settings, TimeProvider clock)
{
    /// <summary>While an SDK caches the answer it does not ask again: a logout elsewhere stays unseen for so long.</summary>
    private const int ExpirySecondsMax = 300;

    private readonly string _baseDomain = settings.Session.CookieDomain ?? "";

    /// <param name="visitor">Null: the caller learns nothing, not even that.</param>
    public ReadOnlyMemory<byte> Anonymous(VisitorId? visitor) =>
        Error(401, "UserException", "No session found!", visitor);

    /// <summary>The cluster did not answer; the visitor stays who the cookie says.</summary>
    public ReadOnlyMemory<byte> Unavailable(VisitorId visitor) =>
        Error(503, "communication", "The session could not be looked up; try again.", visitor);

    public ReadOnlyMemory<byte> SignedIn(Client client, VisitorSession session, UserId user, UserProfile profile)
    {
        var now = clock.GetUtcNow();
        return Write(writer =>
        {
            WriteSession(writer, session, user, profile, now);
            if (client.SignSecret is { } secret) writer.WriteString("sig", Sign(secret, client, session, user, profile, now));
        });
    }

    private ReadOnlyMemory<byte> Error(int code, string type, string description, VisitorId? visitor) => Write(writer =>
    {
        writer.WriteStartObject("error");
        writer.WriteNumber("code", code);
        writer.WriteString("type", type);
        writer.WriteString("description", description);
        writer.WriteEndObject();
        writer.WriteStartObject("response");
        writer.WriteBoolean("result", false);
        WriteTimes(writer, clock.GetUtcNow(), ExpirySecondsMax);
        if (visitor is { } uid)
        {
            writer.WriteStartObject("visitor");
            writer.WriteString("uid", uid.ToString());
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    });

    /// <summary>The text S.P: P is the whole answer in base64url, S the MAC of P's characters.</summary>
    private string Sign(
        byte[] secret, Client client, VisitorSession session, UserId user, UserProfile profile, DateTimeOffset now)
    {
        var payload = Write(writer =>
        {
            WriteSession(writer, session, user, profile, now);
            writer.WriteString("algorithm", "HMAC-SHA256");
            // Without it, one client's signature could be replayed at another that shares its secret.
            writer.WriteString("aud", client.Id);
        });
        var encoded = Base64Url.EncodeToString(payload.Span);
        return $"{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(encoded)))}.{encoded}";
    }

    private void WriteSession(Utf8JsonWriter writer, VisitorSession session, UserId user, UserProfile profile, DateTimeOffset now)
    {
        var id = user.ToString();
        var left = session.ExpiresAt is { } end ? (end - now).TotalSeconds : ExpirySecondsMax;
        writer.WriteBoolean("result", true);
        WriteTimes(writer, now, (int)Math.Clamp(left, 1, ExpirySecondsMax));
        writer.WriteStartObject("visitor");
        writer.WriteString("uid", session.VisitorId.ToString());
        writer.WriteString("user_id", id);
        writer.WriteEndObject();
        writer.WriteString("userStatus", "connected");
        if (IsNumber(id)) writer.WriteNumber("userId", long.Parse(id, CultureInfo.InvariantCulture));
        else writer.WriteString("userId", id);
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes("spid.user:" + id));
        writer.WriteString("id", Convert.ToHexStringLower(digest.AsSpan(0, 12)));
        writer.WriteString("uuid", Uuid(digest.AsSpan(16)));
        if (profile.DisplayName is not null) writer.WriteString("displayName", profile.DisplayName);
        if (profile.GivenName is not null) writer.WriteString("givenName", profile.GivenName);
        if (profile.FamilyName is not null) writer.WriteString("familyName", profile.FamilyName);
        if (profile.Gender is not null) writer.WriteString("gender", profile.Gender);
        // SDK 1.x opts out of tracking unless it is told this.
        writer.WriteBoolean("tracking", true);
    }

    private void WriteTimes(Utf8JsonWriter writer, DateTimeOffset now, int expiresIn)
    {
        writer.WriteNumber("serverTime", now.ToUnixTimeSeconds());
        writer.WriteNumber("serverTimeMs", now.ToUnixTimeMilliseconds());
        writer.WriteNumber("expiresIn", expiresIn);
        writer.WriteString("baseDomain", _baseDomain);
    }

    /// <summary>Whether JavaScript shows the number as the very same digits.</summary>
    private static bool IsNumber(string id) =>
        id is { Length: <= 15 } && id.All(char.IsAsciiDigit) && (id[0] != '0' || id.Length == 1);

    /// <summary>A version 8 UUID of bits that are already a digest.</summary>
    private static Guid Uuid(ReadOnlySpan<byte> digest)
    {
        Span<byte> bytes = stackalloc byte[16];
        digest[..16].CopyTo(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1_024);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        write(writer);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
