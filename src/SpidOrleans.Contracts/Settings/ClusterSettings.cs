using System.Collections.Immutable;

namespace SpidOrleans.Contracts.Settings;

/// <summary>What the grains need of the configuration.</summary>
public sealed record ClusterSettings
{
    /// <summary>By name.</summary>
    public required ImmutableDictionary<string, ProjectSettings> Projects { get; init; }

    /// <summary>Events that one lane may hold; more are refused with 429. At least 1.</summary>
    public int PendingPerLane { get; init; } = 10_000;

    /// <summary>How long a session lasts after its last use.</summary>
    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromHours(2);
}
