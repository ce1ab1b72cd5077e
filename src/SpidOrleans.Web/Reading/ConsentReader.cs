using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Reading;

/// <summary>Reads the bodies of consent.</summary>
internal static class ConsentReader
{
    /// <param name="errors">By place; null if all is well.</param>
    public static bool Read(ReadOnlyMemory<byte> body, out Dictionary<string, string[]>? errors)
    {
        var faults = new RuleErrors();
        var fields = new ConsentFields();
        // Nothing in this body is held to the clock.
        BodyReader.Read(body, now: default, faults, ref fields);
        errors = faults.ToDictionary();
        return fields.Tracking;
    }
}
