using System.Text;
using System.Text.Unicode;

namespace SpidOrleans.Benchmarks.Load;

/// <summary>Browsers with a cookie; some of them are signed in, each as a user of its own. They come in turn: as many as are looked up
/// while the warm-up lasts are all in the silo's memory after it, and of so many that none comes twice each is read.</summary>
internal sealed class KnownVisitors
{
    public const int IdLength = 36;

    private const long FirstUser = 1_000_000_000;

    private readonly byte[][] _cookies;
    private readonly int _signedInPercent;
    private int _next;

    /// <param name="cookies">At least one: each an id, then its proof.</param>
    public KnownVisitors(IReadOnlyList<string> cookies, int signedInPercent)
    {
        _cookies = [.. cookies.Select(Encoding.ASCII.GetBytes)];
        (CookieLengthMax, _signedInPercent) = (_cookies.Max(cookie => cookie.Length), signedInPercent);
    }

    public int Count => _cookies.Length;

    public int CookieLengthMax { get; }

    private static ReadOnlySpan<byte> Before => "\"visitor\":{\"uid\":\""u8;

    /// <summary>Spread evenly.</summary>
    public static bool IsSignedIn(int visitor, int percent) => (visitor + 1L) * percent / 100 > (long)visitor * percent / 100;

    public static string UserOf(int visitor) => $"{FirstUser + visitor}";

    /// <returns>Whose turn it is.</returns>
    public int Next()
    {
        var visitor = _next;
        _next = (_next + 1) % Count;
        return visitor;
    }

    public ReadOnlySpan<byte> Cookie(int visitor) => _cookies[visitor];

    /// <summary>That a page is told its visitor, and its user exactly if there is one. «The session could not be looked up» is told
    /// under the status 200, too, and with the visitor.</summary>
    public bool IsTold(int visitor, ReadOnlySpan<byte> body)
    {
        var at = body.IndexOf(Before);
        if (at < 0) return false;
        var told = body[(at + Before.Length)..];
        if (!told.StartsWith(Cookie(visitor)[..IdLength])) return false;
        told = told[IdLength..];
        if (!IsSignedIn(visitor, _signedInPercent)) return told.StartsWith("\"}"u8) && body.IndexOf("\"error\":{\"code\":401,"u8) >= 0;

        Span<byte> user = stackalloc byte[64];
        return Utf8.TryWrite(user, $"\",\"user_id\":\"{FirstUser + visitor}\"}}", out var length)
            && told.StartsWith(user[..length]) && body.IndexOf("\"result\":true"u8) >= 0;
    }
}
