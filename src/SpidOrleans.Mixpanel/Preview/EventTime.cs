using System.Text.Json;

namespace SpidOrleans.Mixpanel.Preview;

/// <summary>Reads <c>properties.time</c>: seconds, also fractional, or milliseconds.</summary>
internal static class EventTime
{
    /// <returns>Milliseconds since the epoch; null when it is no number or outside 1971 to one hour ahead in both units.</returns>
    public static long? ReadMs(JsonElement value, DateTimeOffset now)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number)) return null;
        // The two ranges are a factor of 17 apart, so no number is in doubt.
        double earliest = ImportLimits.Earliest.ToUnixTimeMilliseconds();
        double latest = (now + ImportLimits.AheadMax).ToUnixTimeMilliseconds();
        if (number >= earliest && number <= latest) return (long)number;
        var fromSeconds = Math.Round(number * 1000);
        return fromSeconds >= earliest && fromSeconds <= latest ? (long)fromSeconds : null;
    }
}
