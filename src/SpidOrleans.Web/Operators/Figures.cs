using System.Globalization;

namespace SpidOrleans.Web.Operators;

/// <summary>Figures as somebody reads them who has been woken up. Pure.</summary>
internal static class Figures
{
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Rate(double perSecond) =>
        perSecond >= 10 ? perSecond.ToString("N0", CultureInfo.InvariantCulture) : perSecond.ToString("0.0", CultureInfo.InvariantCulture);

    public static string Percent(double percent) => percent.ToString("0", CultureInfo.InvariantCulture) + " %";

    public static string Bytes(long bytes) => bytes >= 10L << 30
        ? (bytes / (double)(1L << 30)).ToString("0.0", CultureInfo.InvariantCulture) + " GB"
        : (bytes >> 20).ToString("N0", CultureInfo.InvariantCulture) + " MB";

    /// <summary>The two largest units: <c>3 h 20 min</c>.</summary>
    public static string Duration(TimeSpan time) => time.Duration() switch
    {
        { TotalSeconds: < 1 } => "less than a second",
        { TotalMinutes: < 1 } short_ => $"{(int)short_.TotalSeconds} s",
        { TotalHours: < 1 } minutes => minutes.Seconds == 0 ? $"{(int)minutes.TotalMinutes} min" : $"{(int)minutes.TotalMinutes} min {minutes.Seconds} s",
        { TotalDays: < 1 } hours => $"{(int)hours.TotalHours} h {hours.Minutes} min",
        var days => $"{(int)days.TotalDays} d {days.Hours} h",
    };

    /// <summary>UTC, with milliseconds: two events of one second have an order.</summary>
    public static string Time(long unixMs) => unixMs is > -62_135_596_800_000 and < 253_402_300_800_000
        ? DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
        : unixMs.ToString(CultureInfo.InvariantCulture);

    public static string Time(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
