using System.Text.Json;
using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Ingestion;

/// <summary>Times as Mixpanel's clients send them: seconds, whole or fractional, or milliseconds.</summary>
internal static class SentTime
{
    public const string Rule =
        "is invalid: must be seconds or milliseconds since the Unix epoch, from 1971-01-01 to one hour ahead of now";

    /// <returns>Milliseconds; null: the value under the reader is no such time.</returns>
    public static long? Read(scoped in Utf8JsonReader json, DateTimeOffset now)
    {
        if (json.TokenType != JsonTokenType.Number) return null;
        // The two ranges are a factor of 17 apart, so no number is in doubt.
        if (json.TryGetInt64(out var whole) && EventRules.IsTime(whole, now)) return whole;
        if (!json.TryGetDouble(out var number) || Math.Abs(number) > 1e15) return null;
        if (EventRules.IsTime((long)number, now)) return (long)number;
        var fromSeconds = (long)Math.Round(number * 1_000);
        return EventRules.IsTime(fromSeconds, now) ? fromSeconds : null;
    }
}
