using System.Globalization;

namespace SpidOrleans.Web.Configuration;

/// <summary>Section <c>Limits</c>. What goes beyond is refused with 413 or 429.</summary>
/// <param name="EventsPerRequest">At most 2,000, which is what Mixpanel takes at once.</param>
/// <param name="RequestBytes">Of a request's body.</param>
/// <param name="PendingPerLane">Events that wait for Mixpanel, of one identity in one project.</param>
/// <param name="EventsPerSecondPerClient">Null: unlimited. A second's worth may come at once.</param>
/// <param name="RequestsPerClient">Of one client that a host carries out at once; a body counts as one for every 8 KB. Twice as many wait.</param>
/// <param name="BrowserRequestsPerSecond">Of browsers at one address, on pages of one client; null: unlimited. Ten seconds' worth may come at once.</param>
public sealed record LimitSettings(
    int EventsPerRequest, int RequestBytes, int PendingPerLane, int? EventsPerSecondPerClient, int RequestsPerClient, int? BrowserRequestsPerSecond)
{
    internal static LimitSettings Read(SectionReader section)
    {
        var events = (int)section.Number("EventsPerRequest", 2_000, 1, 2_000);
        var bytes = 10L << 20;
        section.Text("RequestBytes", "1,024 bytes to 100 MB, as a number of bytes or with KB or MB behind",
            accepts: text => TryParseBytes(text, out bytes) && bytes is >= 1_024 and <= 100 << 20);
        var pending = (int)section.Number("PendingPerLane", 10_000, 1, 10_000_000);
        var perClient = Rate(section, "EventsPerSecondPerClient", null, 1_000_000);
        var underWay = (int)section.Number("RequestsPerClient", 512, 8, 10_000);
        var browsers = Rate(section, "BrowserRequestsPerSecond", 100, 100_000);
        section.RefuseUnknown();
        return new LimitSettings(events, (int)bytes, pending, perClient, underWay, browsers);
    }

    private static int? Rate(SectionReader section, string key, int? fallback, int max)
    {
        var rate = fallback;
        section.Text(key, string.Create(CultureInfo.InvariantCulture, $"1 to {max:N0}, or 'unlimited'"), accepts: text =>
        {
            var isUnlimited = text.Equals("unlimited", StringComparison.OrdinalIgnoreCase);
            var number = 0L;
            if (!isUnlimited && !(SectionReader.TryParse(text, out number) && number >= 1 && number <= max)) return false;
            rate = isUnlimited ? null : (int)number;
            return true;
        });
        return rate;
    }

    private static bool TryParseBytes(string text, out long bytes)
    {
        var unit = text.EndsWith("MB", StringComparison.OrdinalIgnoreCase) ? 1 << 20
            : text.EndsWith("KB", StringComparison.OrdinalIgnoreCase) ? 1 << 10 : 1;
        var isNumber = SectionReader.TryParse(unit == 1 ? text : text[..^2].TrimEnd(), out var number) && number <= int.MaxValue;
        bytes = number * unit;
        return isNumber;
    }
}
