using System.Collections.Immutable;

namespace SpidOrleans.Contracts.Settings;

/// <summary>What the grains need of the configuration.</summary>
public sealed record ClusterSettings
{
    /// <summary>By name.</summary>
    public required ImmutableDictionary<string, ProjectSettings> Projects { get; init; }

    /// <summary>How many shards each project was ever given, by name: events of a project that is no longer configured
    /// still wait, and still move when their visitor logs in.</summary>
    public IReadOnlyDictionary<string, int> PlacedShards { get; init; } = ImmutableDictionary<string, int>.Empty;

    /// <summary>Events that one lane may hold; more are refused with 429. At least 1.</summary>
    public int PendingPerLane { get; init; } = 10_000;

    /// <summary>How long a session lasts after its last use.</summary>
    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long after the login a person who wants to be remembered is.</summary>
    public TimeSpan RememberLifetime { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Dead letters that a project may have; while it has more, what Mixpanel refuses stays in the outbox, and delivery slows
    /// down until somebody has seen to them. At least 1.</summary>
    public int DeadLettersMax { get; init; } = 100_000;

    /// <summary>How long a dead letter is kept.</summary>
    public TimeSpan DeadLetterRetention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Events of persons who have not said whether they want to be tracked are held until they have. False: they are
    /// delivered.</summary>
    public bool HoldsUndecided { get; init; }

    /// <summary>How long an event is held.</summary>
    public TimeSpan HeldRetention { get; init; } = TimeSpan.FromDays(7);

    /// <inheritdoc cref="ProjectSettings.HasOriginalIdMerge"/>
    public bool HasOriginalIdMerge(string project) => Projects.TryGetValue(project, out var configured) && configured.HasOriginalIdMerge;

    /// <summary>The shards of a project that has or had any.</summary>
    public int ShardsOf(string project) =>
        Projects.TryGetValue(project, out var configured) ? configured.Shards : PlacedShards[project];
}
