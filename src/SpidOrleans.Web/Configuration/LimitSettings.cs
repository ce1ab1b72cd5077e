namespace SpidOrleans.Web.Configuration;

/// <summary>Section <c>Limits</c>. What goes beyond is refused with 413 or 429.</summary>
/// <param name="EventsPerRequest">At most 2,000, which is what Mixpanel takes at once.</param>
/// <param name="RequestBytes">Of a request's body.</param>
/// <param name="PendingPerLane">Events that wait for Mixpanel, of one identity in one project.</param>
/// <param name="EventsPerSecondPerClient">Null: unlimited. A second's worth may come at once.</param>
public sealed record LimitSettings(int EventsPerRequest, int RequestBytes, int PendingPerLane, int? EventsPerSecondPerClient)
{
    internal static LimitSettings Read(SectionReader section)
    {
        var events = (int)section.Number("EventsPerRequest", 2_000, 1, 2_000);
        var bytes = 10L << 20;
        section.Text("RequestBytes", "1,024 bytes to 100 MB, as a number of bytes or with KB or MB behind",
            accepts: text => TryParseBytes(text, out bytes) && bytes is >= 1_024 and <= 100 << 20);
        var pending = (int)section.Number("PendingPerLane", 10_000, 1, 10_000_000);
        int? rate = null;
        section.Text("EventsPerSecondPerClient", "1 to 1,000,000, or 'unlimited'", accepts: text =>
            text.Equals("unlimited", StringComparison.OrdinalIgnoreCase)
            || (SectionReader.TryParse(text, out var number) && number is >= 1 and <= 1_000_000 && (rate = (int)number) > 0));
        section.RefuseUnknown();
        return new LimitSettings(events, (int)bytes, pending, rate);
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
