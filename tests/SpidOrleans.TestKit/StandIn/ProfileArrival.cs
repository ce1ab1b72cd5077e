namespace SpidOrleans.TestKit.StandIn;

/// <summary>One change of a profile that reached the stand-in and was carried out there, whatever the sender was told.</summary>
public sealed record ProfileArrival
{
    /// <summary>The request that brought it; shared with the events' requests, so that order between the two can be told.</summary>
    public required long Request { get; init; }

    public required string Token { get; init; }

    /// <summary>A person's id, or a group's.</summary>
    public required string DistinctId { get; init; }

    /// <summary>Such as company; null: a person's.</summary>
    public string? GroupKey { get; init; }

    /// <summary>The one operation, such as <c>$set</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>The operation's argument.</summary>
    public required string Argument { get; init; }

    public required string Json { get; init; }
}
