using System.Buffers;
using System.Globalization;
using System.Text;

namespace SpidOrleans.Mixpanel.Rules;

/// <summary>
/// What an event must be so that Mixpanel never refuses it later. Every bound lies on the safe side of Mixpanel's own,
/// because the cluster adds ids, traits and SPiD's properties before the event leaves.
/// </summary>
/// <remarks>
/// Characters are UTF-16 code units, the strictest count in use. Levels: the properties object is level 0, a list or
/// object that is the value of a property is level 1, one inside that level 2, then 3; nothing lies deeper.
/// </remarks>
public static class EventRules
{
    public const int NameCharsMax = 255;

    public const int PropertyNameCharsMax = 255;

    /// <summary>The sender's own properties; Mixpanel takes fewer than 255 in all.</summary>
    public const int PropertiesMax = 200;

    /// <summary>The same in Mixpanel's own format: as many as Mixpanel takes beside time, insert id and two ids. What the cluster adds has
    /// to stand back.</summary>
    public const int ImportedPropertiesMax = 250;

    /// <summary>Entries of one list or object; Mixpanel takes fewer than 255.</summary>
    public const int EntriesMax = 200;

    /// <summary>The deepest level at which a list or object may stand.</summary>
    public const int LevelMax = 3;

    /// <summary>Bytes of the properties object as sent; the rest of Mixpanel's 1 MB is room for what the cluster adds.</summary>
    public const int PropertiesBytesMax = 900_000;

    /// <summary>Bytes of one property whose value is a list or an object, as sent; Mixpanel's 8 KB.</summary>
    public const int ContainerBytesMax = 8_192;

    public const int InsertIdCharsMax = 36;

    /// <summary>1971-01-01T00:00:00Z.</summary>
    public const long TimeMsMin = 31_536_000_000;

    /// <summary>How far a time may lie ahead of the server's clock.</summary>
    public static readonly TimeSpan AheadMax = TimeSpan.FromHours(1);

    public const string NameRule = "The name must be a string of 1 to 255 characters that is not blank.";

    public const string TimeRule =
        "The time must be a whole number of milliseconds since the Unix epoch, from 1971-01-01 (31536000000) to one hour ahead of now.";

    public const string InsertIdRule =
        "The insert id must be a string of 1 to 36 characters of A-Z, a-z, 0-9 and '-', and not one of Mixpanel's forbidden ids (such as 'null' or '0').";

    public const string InsertIdNeedsTimeRule =
        "An insert id needs a time beside it: without it a resend could not be the same event.";

    public const string NulRule = "Text must not contain NUL (\\u0000).";

    public const string SurrogateRule = "Text must be valid Unicode: a surrogate (\\ud800 to \\udfff) must not stand alone.";

    private static readonly SearchValues<char> InsertIdChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");

    public static bool IsName(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= NameCharsMax && !name.IsWhiteSpace();

    public static bool IsTime(long timeMs, DateTimeOffset now) =>
        timeMs >= TimeMsMin && timeMs <= (now + AheadMax).ToUnixTimeMilliseconds();

    /// <summary>True for a refused time that would have been a good one in seconds.</summary>
    public static bool LooksLikeSeconds(long timeMs, DateTimeOffset now) =>
        timeMs is >= TimeMsMin / 1_000 and < TimeMsMin && IsTime(timeMs * 1_000, now);

    public static bool IsInsertId(string insertId) =>
        insertId.Length is > 0 and <= InsertIdCharsMax
        && !insertId.AsSpan().ContainsAnyExcept(InsertIdChars)
        && !ForbiddenIds.Contains(insertId);

    /// <param name="name">Unescaped, valid UTF-8.</param>
    public static bool IsPropertyNameLength(ReadOnlySpan<byte> name) =>
        // No character takes less than a byte, so almost every name is settled without counting.
        !name.IsEmpty && (name.Length <= PropertyNameCharsMax || Encoding.UTF8.GetCharCount(name) <= PropertyNameCharsMax);

    /// <param name="number">A number in JSON's grammar.</param>
    public static bool IsFinite(ReadOnlySpan<byte> number)
    {
        // The largest double has 309 digits: a shorter number without an exponent needs no parsing.
        if (number.Length <= 300 && number.IndexOfAny((byte)'e', (byte)'E') < 0) return true;
        return double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value);
    }
}
