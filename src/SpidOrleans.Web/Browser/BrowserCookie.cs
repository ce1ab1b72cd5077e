using System.Security.Cryptography;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Web.Browser;

/// <summary>What a genuine visitor cookie says.</summary>
/// <param name="Key">The browser's secret, which holds its session.</param>
/// <param name="IsDue">It is to be given anew: it is old, or signed under a key that has been replaced.</param>
public sealed record BrowserCookie(VisitorId VisitorId, byte[] Key, bool IsDue = false)
{
    public const int KeyBytes = 16;

    public KeyDigest Digest => KeyDigest.Of(Key);

    public static byte[] NewKey() => RandomNumberGenerator.GetBytes(KeyBytes);
}
