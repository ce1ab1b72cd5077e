namespace SpidOrleans.Benchmarks.Floor;

/// <summary>A row: what the silo stores of an event, stamps included.</summary>
/// <param name="Time">Milliseconds since the Unix epoch.</param>
/// <param name="Properties">The sender's own, as JSON.</param>
internal sealed record FloorEvent(string Visitor, string Name, long Time, string InsertId, byte[] Properties);
