using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace SpidOrleans.Web.SignIn;

/// <summary>Lets only our own page in the same browser send our forms: a token in the form must match a random cookie, and the
/// browser must not say that another origin sends.</summary>
internal sealed class FormGuard(SignInKeys keys)
{
    public const string Field = "form_token";

    private const int NonceBytes = 16;

    /// <summary>The token for a form that is sent to this path; the answer sets the cookie if the browser has none.</summary>
    public string Issue(HttpContext context, string path)
    {
        var name = CookieName(context.Request);
        if (context.Request.Cookies[name] is not { } nonce || !IsNonce(nonce))
        {
            nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(NonceBytes));
            context.Response.Cookies.Append(name, nonce, new CookieOptions
            {
                HttpOnly = true,
                // Strict would hide it from the page when another site leads here, and a second tab's form would lose it.
                SameSite = SameSiteMode.Lax,
                Path = "/",
                Secure = OwnCookies.AreSecure(context.Request),
            });
        }

        return Token(nonce, path);
    }

    public bool IsGenuine(HttpContext context, string path, string? token)
    {
        var request = context.Request;
        if (request.Headers["Sec-Fetch-Site"].ToString() is not ("" or "same-origin")) return false;
        if (request.Headers.Origin.ToString() is { Length: > 0 } origin && origin != OwnCookies.Origin(request) && origin != $"{request.Scheme}://{request.Host}")
            return false;
        return token is not null && request.Cookies[CookieName(request)] is { } nonce && IsNonce(nonce)
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(Token(nonce, path)));
    }

    /// <summary>With the prefix no neighbour below the same domain can plant it.</summary>
    private static string CookieName(HttpRequest request) => OwnCookies.AreSecure(request) ? "__Host-SPID_FORM" : "SPID_FORM";

    private static bool IsNonce(string text) => text.Length is > 0 and <= 64 && Base64Url.IsValid(text, out var length) && length == NonceBytes;

    private string Token(string nonce, string path) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(keys.Derive("form"), Encoding.UTF8.GetBytes($"{path}\n{nonce}")));
}
