namespace SpidOrleans.Contracts.Users;

/// <summary>One change of a Mixpanel profile, of a user or a group, as a sender asked for it: checked, and without saying whose.</summary>
[GenerateSerializer, Immutable, Alias("spid.profile-update")]
public sealed record ProfileUpdate
{
    /// <summary>One of <see cref="ProfileOperations"/>.</summary>
    [Id(0)] public required string Operation { get; init; }

    /// <summary>The operation's argument: one JSON value in UTF-8, at most <see cref="ProfileLimits.UpdateBytesMax"/>.</summary>
    [Id(1)] public required ReadOnlyMemory<byte> Argument { get; init; }

    /// <summary>Where the person is; null: Mixpanel is told nothing of that.</summary>
    [Id(2)] public string? Ip { get; init; }

    /// <summary>The person need not be there: Mixpanel's note of when it last saw them stays as it is.</summary>
    [Id(3)] public bool IgnoresTime { get; init; }

    /// <summary>Of a <c>$delete</c>: only the profile of exactly this id.</summary>
    [Id(4)] public bool IgnoresAlias { get; init; }
}

/// <summary>A change that waits with an anonymous visitor for its login.</summary>
[GenerateSerializer, Immutable, Alias("spid.held-update")]
public sealed record HeldUpdate
{
    /// <summary>Where the profile is.</summary>
    [Id(0)] public required string Project { get; init; }

    [Id(1)] public required ProfileUpdate Update { get; init; }
}
