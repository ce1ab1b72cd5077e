namespace SpidOrleans.TestKit.StandIn;

/// <summary>One event that reached the stand-in and was stored there, whatever the sender was told.</summary>
public sealed record Arrival
{
    /// <summary>1 for the first event ever stored, without gaps.</summary>
    public required long Sequence { get; init; }

    /// <summary>The request that brought it, in the order in which requests were read to their end.</summary>
    public required long Request { get; init; }

    /// <summary>The project: the token that signed the request, or its <c>project_id</c> with a service account.</summary>
    public required string Token { get; init; }

    public required string Event { get; init; }

    public string? DeviceId { get; init; }

    public string? UserId { get; init; }

    /// <summary>As sent; Mixpanel overrides it when one of the other two ids is there.</summary>
    public string? SentDistinctId { get; init; }

    /// <summary>The time's JSON text: <c>1</c> and <c>1.0</c> would be two events to Mixpanel.</summary>
    public string? Time { get; init; }

    public string? InsertId { get; init; }

    /// <summary>The property <c>n</c> when there is one, else the event's name: what a ledger calls the event by.</summary>
    public required string Marker { get; init; }

    public required string Json { get; init; }

    /// <summary>What Mixpanel computes under Simplified ID Merge.</summary>
    public string? DistinctId => UserId ?? (DeviceId is null ? SentDistinctId : "$device:" + DeviceId);
}
