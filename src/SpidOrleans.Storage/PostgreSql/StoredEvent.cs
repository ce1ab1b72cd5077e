namespace SpidOrleans.Storage.PostgreSql;

/// <summary>An event that waits, and where.</summary>
/// <param name="Position">The event's, not its segment's.</param>
internal readonly record struct StoredEvent(string Shard, long Position, string Identity, long TimeMs, ReadOnlyMemory<byte> Payload);
