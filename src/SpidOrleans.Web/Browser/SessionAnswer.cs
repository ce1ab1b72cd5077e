using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Entitlements;

namespace SpidOrleans.Web.Browser;

/// <summary>The JSON that tells a page about its visitor and session. Written with the default encoder, which escapes
/// <c>&lt; &gt; &amp;</c>, quotes and everything beyond ASCII: safe inside a script.</summary>
internal sealed class SessionAnswer(SpidSettings settings, SpId spId, TimeProvider clock)
{
    /// <summary>While an SDK caches the answer it does not ask again: a logout elsewhere stays unseen for so long.</summary>
    private const int ExpirySecondsMax = 300;

    /// <summary>Of an anonymous answer where the SDK caches that too: a login elsewhere stays unseen for so long.</summary>
    private const int AnonymousSeconds = 10;

    /// <summary>How long an SDK may believe that somebody has no access: who has just bought it waits for so long.</summary>
    private const int DenialSeconds = 10;

    private readonly string _baseDomain = settings.Session.CookieDomain ?? "";

    /// <param name="session">Null: the caller learns nothing, not even the visitor.</param>
    public ReadOnlyMemory<byte> Anonymous(BrowserSession? session) =>
        Error(401, "UserException", "No session found!", Shown(session), session is { IsTrackingRefused: true });

    /// <summary>Ask the core: it can do more than the session cluster.</summary>
    public ReadOnlyMemory<byte> AskCore(BrowserSession session) =>
        Error(401, "LoginException", "No session found!", Shown(session), session.IsTrackingRefused);

    /// <summary>The cluster did not answer; the visitor stays who the cookie says.</summary>
    public ReadOnlyMemory<byte> Unavailable(VisitorId? visitor) =>
        Error(503, "communication", "The session could not be looked up; try again.", visitor);

    /// <summary>Nothing was looked up, so nothing changes. SPiD's code where others say 429.</summary>
    public ReadOnlyMemory<byte> TooOften(VisitorId? visitor) => Error(420, "communication", "Rate limit exceeded; try again later.", visitor);

    /// <summary>The page may not do what it asked for; nothing was done.</summary>
    public ReadOnlyMemory<byte> Forbidden() => Error(403, "ApiException", "This page may not do that.", null);

    /// <summary>Nothing was done for a browser that shows no visitor's cookie; it has one now.</summary>
    public ReadOnlyMemory<byte> NotKept(VisitorId visitor) =>
        Error(401, "UserException", "Nothing was stored: no visitor's cookie came along. Ask hasSession first, then send the same again.", visitor);

    /// <summary>What the page sent is not good; nothing was done.</summary>
    public ReadOnlyMemory<byte> Invalid(string rule) => Error(400, "ApiException", rule, null);

    public ReadOnlyMemory<byte> SignedIn(Client client, BrowserSession session, UserAccount account) =>
        Session(client, session, account, _ => { });

    /// <summary>An answer without <c>error</c> even if the user has not got it: that is for <c>result</c> to say.</summary>
    /// <param name="account">Null: for a page that has shown <c>sp_id</c> instead of the cookie, and is told ids and times only.</param>
    /// <param name="ofSubscription">The question was for the subscription, not the product.</param>
    public ReadOnlyMemory<byte> Product(
        Client client, BrowserSession session, UserAccount? account, string productId, Entitlement entitlement, bool ofSubscription) =>
        Session(client, session, account, writer =>
        {
            WriteId(writer, "productId", productId);
            if (ofSubscription && entitlement.SubscriptionId is { } subscription) WriteId(writer, "subscriptionId", subscription);
        }, result: ofSubscription ? entitlement.SubscriptionId is not null : entitlement.HasProduct);

    /// <summary>Something was done.</summary>
    public ReadOnlyMemory<byte> Done(VisitorId visitor) => Write(writer =>
    {
        writer.WriteStartObject("response");
        writer.WriteBoolean("result", true);
        WriteTimes(writer, clock.GetUtcNow(), ExpirySecondsMax);
        WriteVisitor(writer, visitor, null);
        writer.WriteEndObject();
    });

    /// <summary>For account-sdk-browser: it takes any <c>result</c>, even a false one, for a login.</summary>
    public ReadOnlyMemory<byte> WithoutResult(BrowserSession? session) => Write(writer =>
    {
        WriteTimes(writer, clock.GetUtcNow(), AnonymousSeconds);
        if (Shown(session) is { } known) WriteVisitor(writer, known, null);
        if (session is { IsTrackingRefused: true }) writer.WriteBoolean("tracking", false);
    });

    /// <summary>For account-sdk-browser 5: the page is to go there and come back. It must be the only key.</summary>
    public static ReadOnlyMemory<byte> Refresh(string path) => Write(writer => writer.WriteString("redirectURL", path));

    /// <param name="granted">Those of the asked ids that the user has.</param>
    public ReadOnlyMemory<byte> Access(Client client, UserId user, IReadOnlyList<string> granted)
    {
        void WriteAccess(Utf8JsonWriter writer)
        {
            writer.WriteBoolean("entitled", granted.Count > 0);
            writer.WriteStartArray("allowedFeatures");
            foreach (var id in granted) writer.WriteStringValue(id);
            writer.WriteEndArray();
            writer.WriteNumber("ttl", granted.Count > 0 ? ExpirySecondsMax : DenialSeconds);
            WriteId(writer, "userId", user.ToString());
            writer.WriteString("uuid", Uuid(DigestOf(user)));
        }

        var now = clock.GetUtcNow();
        return Write(writer =>
        {
            WriteAccess(writer);
            WriteSignature(writer, client, now.AddSeconds(ExpirySecondsMax), payload =>
            {
                WriteAccess(payload);
                payload.WriteNumber("serverTime", now.ToUnixTimeSeconds());
            });
        });
    }

    private ReadOnlyMemory<byte> Session(
        Client client, BrowserSession session, UserAccount? account, Action<Utf8JsonWriter> writeMore, bool result = true)
    {
        var now = clock.GetUtcNow();
        var left = session.ExpiresAt is { } end ? (end - now).TotalSeconds : ExpirySecondsMax;
        var expiresIn = (int)Math.Clamp(left, 1, ExpirySecondsMax);
        void WriteAll(Utf8JsonWriter writer)
        {
            writer.WriteBoolean("result", result);
            WriteTimes(writer, now, expiresIn);
            WriteUser(writer, session);
            if (account is not null) WriteAccount(writer, client, account);
            writeMore(writer);
        }

        return Write(writer =>
        {
            WriteAll(writer);
            if (session.Key is { } key) writer.WriteString("sp_id", spId.Issue(client, session.VisitorId, key));
            WriteSignature(writer, client, now.AddSeconds(expiresIn), WriteAll);
        });
    }

    /// <summary>Pages hand the id on to whoever tracks: of a visitor who refused that, none is told.</summary>
    private static VisitorId? Shown(BrowserSession? session) => session is { IsTrackingRefused: false } ? session.VisitorId : null;

    private ReadOnlyMemory<byte> Error(int code, string type, string description, VisitorId? visitor, bool isTrackingRefused = false) => Write(writer =>
    {
        writer.WriteStartObject("error");
        writer.WriteNumber("code", code);
        writer.WriteString("type", type);
        writer.WriteString("description", description);
        writer.WriteEndObject();
        writer.WriteStartObject("response");
        writer.WriteBoolean("result", false);
        WriteTimes(writer, clock.GetUtcNow(), ExpirySecondsMax);
        if (visitor is { } known) WriteVisitor(writer, known, null);
        if (isTrackingRefused) writer.WriteBoolean("tracking", false);
        writer.WriteEndObject();
    });

    /// <summary>Signs the answer for the client's back end: all of it but <c>sp_id</c>, which opens more than a signature may.
    /// <c>aud</c> and <c>exp</c> keep it from being shown elsewhere, or tomorrow.</summary>
    private static void WriteSignature(Utf8JsonWriter writer, Client client, DateTimeOffset expiresAt, Action<Utf8JsonWriter> writePayload)
    {
        if (client.SignSecret is not { } secret) return;
        writer.WriteString("sig", SignedText.Sign(secret, Write(payload =>
        {
            writePayload(payload);
            payload.WriteString("algorithm", SignedText.Algorithm);
            payload.WriteString("aud", client.Id);
            payload.WriteNumber("exp", expiresAt.ToUnixTimeSeconds());
        }).Span));
    }

    private static void WriteUser(Utf8JsonWriter writer, BrowserSession session)
    {
        var user = session.UserId!.Value;
        WriteVisitor(writer, session.VisitorId, user);
        writer.WriteString("userStatus", "connected");
        WriteId(writer, "userId", user.ToString());
        var digest = DigestOf(user);
        writer.WriteString("id", Convert.ToHexStringLower(digest.AsSpan(0, 12)));
        // Without it, SDK 2.x takes one person's cached products for the next one's.
        writer.WriteString("uuid", Uuid(digest));
    }

    private static void WriteAccount(Utf8JsonWriter writer, Client client, UserAccount account)
    {
        var profile = account.Profile;
        if (profile.DisplayName is not null) writer.WriteString("displayName", profile.DisplayName);
        if (profile.GivenName is not null) writer.WriteString("givenName", profile.GivenName);
        if (profile.FamilyName is not null) writer.WriteString("familyName", profile.FamilyName);
        if (profile.Gender is not null) writer.WriteString("gender", profile.Gender);
        // SDK 1.x opts out of tracking unless it is told true.
        writer.WriteBoolean("tracking", !account.IsTrackingRefused);
        var hasAccepted = account.Agreements.Contains(client.Id);
        writer.WriteBoolean("agreementAccepted", hasAccepted);
        writer.WriteBoolean("defaultAgreementAccepted", account.Agreements.Length > 0);
        writer.WriteBoolean("clientAgreementAccepted", hasAccepted);
    }

    private void WriteTimes(Utf8JsonWriter writer, DateTimeOffset now, int expiresIn)
    {
        writer.WriteNumber("serverTime", now.ToUnixTimeSeconds());
        writer.WriteNumber("serverTimeMs", now.ToUnixTimeMilliseconds());
        writer.WriteNumber("expiresIn", expiresIn);
        writer.WriteString("baseDomain", _baseDomain);
    }

    private static void WriteVisitor(Utf8JsonWriter writer, VisitorId visitor, UserId? user)
    {
        writer.WriteStartObject("visitor");
        writer.WriteString("uid", visitor.ToString());
        if (user is { } known) writer.WriteString("user_id", known.ToString());
        writer.WriteEndObject();
    }

    /// <summary>As a number, where JavaScript shows it as the very same digits.</summary>
    private static void WriteId(Utf8JsonWriter writer, string name, string id)
    {
        if (id is { Length: <= 15 } && id.All(char.IsAsciiDigit) && (id[0] != '0' || id.Length == 1))
            writer.WriteNumber(name, long.Parse(id, CultureInfo.InvariantCulture));
        else
            writer.WriteString(name, id);
    }

    private static byte[] DigestOf(UserId user) => SHA256.HashData(Encoding.UTF8.GetBytes("spid.user:" + user));

    /// <summary>A version 8 UUID of bits that are already a digest.</summary>
    private static Guid Uuid(ReadOnlySpan<byte> digest)
    {
        Span<byte> bytes = stackalloc byte[16];
        digest[16..].CopyTo(bytes);
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
