namespace SpidOrleans.Mixpanel.Preview;

/// <summary>An event that passed, before it is known whether it is new.</summary>
/// <param name="DeviceId">Under Original ID Merge the sent <c>distinct_id</c> if it is a UUID v4.</param>
/// <param name="UserId">Under Original ID Merge the sent <c>distinct_id</c> if it is anything else.</param>
/// <param name="Ignored">It asked to be dropped.</param>
/// <param name="Properties">One JSON object without ids, time and token.</param>
internal sealed record ImportRecord(
    string Event, long TimeMs, string InsertId, string? DeviceId, string? UserId, bool Ignored, byte[] Properties)
{
    /// <summary>The project has Original ID Merge.</summary>
    public bool IsOriginal { get; init; }

    /// <summary>Of <c>$identify</c> under Original ID Merge: the ids that it joins.</summary>
    public (string? Identified, string? Anonymous) Joins { get; init; }

    /// <summary>What Mixpanel takes as <c>distinct_id</c> before any link is looked at.</summary>
    public string DistinctId => UserId ?? (IsOriginal ? DeviceId! : PreviewIdentities.Anonymous(DeviceId));

    /// <summary>Two events with the same key count as one.</summary>
    public (string Event, string DistinctId, long TimeMs, string InsertId) Key => (Event, DistinctId, TimeMs, InsertId);
}
