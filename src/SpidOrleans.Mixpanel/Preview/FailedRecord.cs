namespace SpidOrleans.Mixpanel.Preview;

/// <summary>Why an event is refused, in Mixpanel's terms.</summary>
/// <param name="InsertId">Empty when the event has none.</param>
internal readonly record struct FailedRecord(int Index, string InsertId, string Field, string Message);
