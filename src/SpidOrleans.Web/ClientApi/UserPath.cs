using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Web.Admission;

namespace SpidOrleans.Web.ClientApi;

/// <summary>Whom a path below <c>/v1/users/</c> or <c>/api/2/user/</c> names; no id when what stands there cannot be one.</summary>
/// <param name="Trait">The name of the trait that the path goes on to; null: it names none, or what cannot be one.</param>
internal sealed record UserAddress(UserId? UserId, string? Trait = null);

/// <summary>
/// Takes the user id from the request target as it was sent. By the time routing sees a path, <c>%2F</c> and <c>%252F</c>
/// look the same there and <c>..</c> has eaten its neighbour; yet all of these are valid ids of different users.
/// </summary>
internal static class UserPath
{
    private const string TraitPart = "/trait/";
    private const string Placeholder = "-";

    private static readonly string[] Prefixes = ["/v1/users/", "/api/2/user/"];

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static Task RewriteAsync(HttpContext context, RequestDelegate next)
    {
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget;
        if (target is null) return next(context);
        foreach (var prefix in Prefixes)
        {
            if (TrySplit(target, prefix, out var id, out var rest))
            {
                // A trait's name is anything, too.
                var trait = rest.StartsWith(TraitPart, StringComparison.OrdinalIgnoreCase) && rest.IndexOf('/', TraitPart.Length) < 0 ? rest[TraitPart.Length..] : "";
                context.Features.Set(new UserAddress(
                    Decode(id) is { } text && UserId.TryParse(text, out var user) ? user : null, trait.Length > 0 ? Decode(trait) : null));
                context.Request.Path = new PathString(prefix + Placeholder + (trait.Length > 0 ? TraitPart + Placeholder : Uri.UnescapeDataString(rest)));
                return next(context);
            }

            // The path became one of ours only by decoding (%75sers, dot segments): where its id begins is anybody's guess.
            if (context.Request.Path.StartsWithSegments(prefix.TrimEnd('/'), StringComparison.OrdinalIgnoreCase))
                return Problem.Of(StatusCodes.Status404NotFound).ExecuteAsync(context);
        }

        return next(context);
    }

    /// <summary>Splits <c>{prefix}{id}{rest}</c>, both still encoded; <paramref name="rest"/> is empty or begins with a slash.</summary>
    internal static bool TrySplit(string target, string prefix, out string id, out string rest)
    {
        (id, rest) = ("", "");
        var path = target.AsSpan();
        if (path.Length > 0 && path[0] != '/')
        {
            // Absolute form, as proxies get it.
            var authority = path.IndexOf("://");
            if (authority < 0) return false;
            path = path[(authority + 3)..];
            var slash = path.IndexOf('/');
            if (slash < 0) return false;
            path = path[slash..];
        }

        if (path.IndexOfAny('?', '#') is >= 0 and var end) path = path[..end];
        if (!path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) return false;
        path = path[prefix.Length..];
        var next = path.IndexOf('/');
        id = (next < 0 ? path : path[..next]).ToString();
        rest = next < 0 ? "" : path[next..].ToString();
        return id.Length > 0;
    }

    /// <summary>Null when the encoding is broken or hides no valid UTF-8.</summary>
    internal static string? Decode(string encoded)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(encoded.Length)];
        var length = 0;
        for (var i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] != '%')
            {
                length += Encoding.UTF8.GetBytes(encoded.AsSpan(i, 1), bytes.AsSpan(length));
                continue;
            }

            if (i + 2 >= encoded.Length || !char.IsAsciiHexDigit(encoded[i + 1]) || !char.IsAsciiHexDigit(encoded[i + 2])) return null;
            bytes[length++] = Convert.FromHexString(encoded.AsSpan(i + 1, 2))[0];
            i += 2;
        }

        try
        {
            return StrictUtf8.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
