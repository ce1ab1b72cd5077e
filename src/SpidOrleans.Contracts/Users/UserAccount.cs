using System.Collections.Immutable;

namespace SpidOrleans.Contracts.Users;

/// <summary>What pages are told of a signed-in user.</summary>
[GenerateSerializer, Immutable, Alias("spid.user-account")]
public sealed record UserAccount
{
    [Id(0)] public UserProfile Profile { get; init; } = UserProfile.Empty;

    /// <summary>The clients whose terms the user has accepted, by their ids.</summary>
    [Id(1)] public ImmutableArray<string> Agreements { get; init; } = [];

    /// <summary>True: the user refuses to be tracked. Set by consent, taken back by it.</summary>
    [Id(2)] public bool IsTrackingRefused { get; init; }
}
