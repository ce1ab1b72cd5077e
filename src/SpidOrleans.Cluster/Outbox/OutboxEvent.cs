namespace SpidOrleans.Cluster.Outbox;

/// <summary>A stamped event on its way into a lane.</summary>
/// <param name="TimeMs">The event's time in milliseconds since the Unix epoch.</param>
/// <param name="Payload">The whole event as Mixpanel gets it: one JSON object in UTF-8. Never changed after this.</param>
public readonly record struct OutboxEvent(long TimeMs, ReadOnlyMemory<byte> Payload);

/// <summary>A stamped event, and the lane that it goes to.</summary>
public readonly record struct LaneEvent(Lane Lane, OutboxEvent Event);

/// <summary>An event that Mixpanel refused for good.</summary>
public readonly record struct RefusedRow(long Position, string Reason);

/// <summary>What a lane holds.</summary>
/// <param name="Pending">Rows.</param>
/// <param name="LatestTimeMs">The latest event time among them; null when empty.</param>
public readonly record struct LaneSummary(int Pending, long? LatestTimeMs)
{
    public LaneSummary With(LaneSummary other) => new(
        Pending + other.Pending, LatestTimeMs is not { } own ? other.LatestTimeMs : Math.Max(own, other.LatestTimeMs ?? own));
}
