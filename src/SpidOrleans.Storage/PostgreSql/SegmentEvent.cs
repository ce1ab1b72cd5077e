namespace SpidOrleans.Storage.PostgreSql;

/// <summary>An event as a segment holds it.</summary>
/// <param name="Identity">Whose lane it is in.</param>
/// <param name="TimeMs">The event's time in milliseconds since the Unix epoch.</param>
/// <param name="Payload">Never changed.</param>
internal readonly record struct SegmentEvent(string Identity, long TimeMs, ReadOnlyMemory<byte> Payload);
