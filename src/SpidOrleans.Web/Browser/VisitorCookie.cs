using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Browser;

/// <summary>The cookie that makes a browser a visitor: the id, the browser's secret with the day, and a MAC that only this cluster
/// can make. The id is told to pages and to Mixpanel; the secret never leaves the cookie.</summary>
public sealed class VisitorCookie(SpidSettings settings, SessionKeys keys, TimeProvider clock)
{
    public const string Name = "SPID_VISITOR";

    private const int IdLength = 36;
    private const int LengthMax = 128;

    /// <summary>The secret, and the day of issue since <see cref="FirstDay"/>.</summary>
    private const int PartBytes = BrowserCookie.KeyBytes + sizeof(ushort);

    /// <summary>The longest that browsers keep a cookie.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(400);

    /// <summary>Given anew after this long, not with every answer: one that comes late must not undo the cookie that a login
    /// has set in the meantime.</summary>
    private const int RefreshDays = 7;

    private static readonly DateTimeOffset FirstDay = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The genuine cookie that came with the request; null for none and for forged ones.</summary>
    public BrowserCookie? Read(HttpRequest request)
    {
        if (request.Cookies[Name] is not { Length: > IdLength + 1 and <= LengthMax } text || text[IdLength] != '.') return null;
        var dot = text.LastIndexOf('.');
        if (!VisitorId.TryParse(text[..IdLength], out var visitor)) return null;
        Span<byte> mac = stackalloc byte[LengthMax];
        if (!TryDecode(text.AsSpan(dot + 1), SHA256.HashSizeInBytes, mac)) return null;
        if (FindKey(mac[..SHA256.HashSizeInBytes], visitor + text[IdLength..dot]) is not { } signer) return null;
        if (dot == IdLength) return null;
        Span<byte> part = stackalloc byte[LengthMax];
        if (!TryDecode(text.AsSpan()[(IdLength + 1)..dot], PartBytes, part)) return null;
        var age = Today - BinaryPrimitives.ReadUInt16BigEndian(part[BrowserCookie.KeyBytes..]);
        return new BrowserCookie(visitor, part[..BrowserCookie.KeyBytes].ToArray(), signer > 0 || age >= RefreshDays);
    }

    /// <summary>The visitor whose genuine cookie came with the request.</summary>
    public bool TryRead(HttpRequest request, out VisitorId visitor)
    {
        var cookie = Read(request);
        visitor = cookie?.VisitorId ?? default;
        return cookie is not null;
    }

    /// <summary>Gives the browser this visitor; the one it has keeps its secret, another gets a fresh one.</summary>
    public void Write(HttpContext context, VisitorId visitor) =>
        Write(context, visitor, Read(context.Request) is { } cookie && cookie.VisitorId == visitor ? cookie.Key : BrowserCookie.NewKey());

    /// <param name="key">The browser's secret from now on.</param>
    public void Write(HttpContext context, VisitorId visitor, byte[] key)
    {
        Span<byte> part = stackalloc byte[PartBytes];
        key.CopyTo(part);
        BinaryPrimitives.WriteUInt16BigEndian(part[BrowserCookie.KeyBytes..], (ushort)Today);
        var content = $"{visitor}.{Base64Url.EncodeToString(part)}";

        context.Response.Cookies.Append(Name, $"{content}.{Base64Url.EncodeToString(Mac(keys.Cookie[0], content))}", new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Path = "/",
            Domain = settings.Session.CookieDomain,
            MaxAge = Lifetime,
            // Plain http on loopback is a developer's machine. Behind a proxy that ends TLS the scheme is http too, the host is not.
            Secure = context.Request.IsHttps || !WebOrigin.IsLoopback(context.Request.Host.Host),
        });
    }

    private int Today => (clock.GetUtcNow() - FirstDay).Days;

    /// <returns>Which of the keys made this MAC, the newest being 0; null: none.</returns>
    private int? FindKey(ReadOnlySpan<byte> mac, string content)
    {
        for (var index = 0; index < keys.Cookie.Length; index++)
        {
            if (CryptographicOperations.FixedTimeEquals(mac, Mac(keys.Cookie[index], content))) return index;
        }

        return null;
    }

    private static byte[] Mac(byte[] key, string content) => HMACSHA256.HashData(key, Encoding.ASCII.GetBytes($"{Name}:{content}"));

    /// <summary>Takes exactly this many bytes, without padding.</summary>
    private static bool TryDecode(ReadOnlySpan<char> text, int length, Span<byte> bytes) =>
        text.Length == (length * 8 + 5) / 6 && Base64Url.IsValid(text, out var decoded) && decoded == length
        && Base64Url.TryDecodeFromChars(text, bytes, out _);
}
