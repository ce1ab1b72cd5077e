using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Browser;

/// <summary>The cookie that makes a browser a visitor: the id and a MAC that only this cluster can make.</summary>
public sealed class VisitorCookie(SpidSettings settings, ISettingStore store) : IHostedService
{
    public const string Name = "SPID_VISITOR";

    private const string KeySetting = "visitor-cookie-key";
    private const int KeyBytes = 32;
    private const int IdLength = 36;

    /// <summary>The longest that browsers keep a cookie; refreshed with every answer.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(400);

    private byte[]? _key = settings.Session.SigningKey;

    /// <summary>Before the host listens: the key comes from the configuration or, made once, from the database.</summary>
    public async Task StartAsync(CancellationToken cancellationToken) =>
        _key ??= await store.GetOrCreateAsync(KeySetting, () => RandomNumberGenerator.GetBytes(KeyBytes), cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The visitor whose genuine cookie came with the request; false for none and for forged ones.</summary>
    public bool TryRead(HttpRequest request, out VisitorId visitor)
    {
        visitor = default;
        if (request.Cookies[Name] is not { Length: > IdLength + 1 and < 128 } cookie || cookie[IdLength] != '.') return false;
        if (!VisitorId.TryParse(cookie[..IdLength], out var claimed)) return false;
        Span<byte> mac = stackalloc byte[64];
        if (!Base64Url.IsValid(cookie.AsSpan(IdLength + 1), out var length) || length != SHA256.HashSizeInBytes) return false;
        Base64Url.DecodeFromChars(cookie.AsSpan(IdLength + 1), mac);
        if (!CryptographicOperations.FixedTimeEquals(mac[..length], Mac(claimed))) return false;
        visitor = claimed;
        return true;
    }

    public void Write(HttpContext context, VisitorId visitor) =>
        context.Response.Cookies.Append(Name, $"{visitor}.{Base64Url.EncodeToString(Mac(visitor))}", new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Path = "/",
            Domain = settings.Session.CookieDomain,
            MaxAge = Lifetime,
            // Plain http on loopback is a developer's machine. Behind a proxy that ends TLS the scheme is http too, the host is not.
            Secure = context.Request.IsHttps || !WebOrigin.IsLoopback(context.Request.Host.Host),
        });

    private byte[] Mac(VisitorId visitor) => HMACSHA256.HashData(
        _key ?? throw new InvalidOperationException("the cookie key is read when the host starts"),
        Encoding.ASCII.GetBytes($"{Name}:{visitor}"));
}
