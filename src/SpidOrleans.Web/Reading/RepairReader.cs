using SpidOrleans.Contracts.DeadLetters;
using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Reading;

/// <summary>Reads the body of <c>POST /v1/dead-letters/{id}/replay</c>, which may be empty.</summary>
internal static class RepairReader
{
    /// <param name="errors">By place; null if all is well.</param>
    /// <returns>Null: the event is replayed as it was.</returns>
    public static EventRepair? Read(ReadOnlyMemory<byte> body, DateTimeOffset now, out Dictionary<string, string[]>? errors)
    {
        errors = null;
        if (body.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0) return null;
        var faults = new RuleErrors();
        var fields = new RepairFields();
        BodyReader.Read(body, now, faults, ref fields);
        errors = faults.ToDictionary();
        return fields.Repair;
    }
}
