namespace SpidOrleans.Contracts.Settings;

/// <summary>A Mixpanel project, as configured and checked.</summary>
/// <param name="Name">1 to 64 of <c>[A-Za-z0-9_-]</c>.</param>
/// <param name="Shards">1 to 1,024: emitters that drain it side by side.</param>
public sealed record ProjectSettings(
    string Name, string Token, Uri Endpoint, string? ServiceAccount, string? ServiceAccountSecret, string? ProjectId, int Shards)
{
    /// <summary>Of Mixpanel's deletion API; null: Mixpanel is not asked to delete anything.</summary>
    public string? DeletionToken { get; init; }

    /// <summary>What Mixpanel takes of one project, over a rolling minute.</summary>
    public const int EventsPerSecondDefault = 30_000;

    /// <summary>Events that all silos together send in a second; at least 1.</summary>
    public int EventsPerSecond { get; init; } = EventsPerSecondDefault;

    /// <summary>The project was made with Original ID Merge: events name <c>distinct_id</c> and <c>$identify</c> joins two of them.
    /// False: Simplified.</summary>
    public bool HasOriginalIdMerge { get; init; }

    /// <summary>The HTTP proxy that its requests take, maybe with credentials; null: none of its own.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>How long Mixpanel may take for an answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Without the secrets.</summary>
    public override string ToString() => $"{Name} at {Endpoint}";
}
