using System.Globalization;

namespace SpidOrleans.Web.Reading;

internal ref partial struct BodyReader
{
    public const string BirthdayRule = "The birthday must be a string: an ISO 8601 date such as 1980-12-31, from 1900-01-01 to today.";
    public const string MomentRule =
        "This must be a string: an ISO 8601 date-time such as 2020-01-31T12:00:00Z, or a date; UTC unless it says otherwise.";

    /// <summary>More than any ISO 8601 date-time of seven decimals needs.</summary>
    private const int DateCharsMax = 40;

    private static readonly DateOnly BirthdayMin = new(1900, 1, 1);

    public DateOnly? ReadBirthday(string place)
    {
        var text = ReadString(place, DateCharsMax, BirthdayRule);
        if (text is null) return null;
        if (TryParseBirthday(text, _now, out var day)) return day;
        Errors.Add(place, BirthdayRule);
        return null;
    }

    public static bool TryParseBirthday(string text, DateTimeOffset now, out DateOnly day) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out day)
        && day >= BirthdayMin && day <= DateOnly.FromDateTime(now.UtcDateTime);

    /// <summary>In UTC.</summary>
    public DateTimeOffset? ReadMoment(string place)
    {
        if (ReadString(place, DateCharsMax, MomentRule) is null) return null;
        // The JSON reader's own ISO 8601, which takes a missing offset for the server's zone; only a date-time of
        // no zone comes out unspecified, and that one is UTC.
        if (Json.TryGetDateTime(out var moment) && moment.Kind == DateTimeKind.Unspecified)
        {
            return new DateTimeOffset(moment, TimeSpan.Zero);
        }

        if (Json.TryGetDateTimeOffset(out var zoned)) return zoned.ToUniversalTime();
        Errors.Add(place, MomentRule);
        return null;
    }
}
