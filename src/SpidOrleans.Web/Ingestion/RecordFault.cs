namespace SpidOrleans.Web.Ingestion;

/// <summary>Why a record is refused, in Mixpanel's terms.</summary>
/// <param name="Field">Such as <c>properties.time</c>.</param>
/// <param name="Message">Names the field and the rule.</param>
internal readonly record struct RecordFault(string Field, string Message);
