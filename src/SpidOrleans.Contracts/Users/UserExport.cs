using System.Collections.Immutable;
using SpidOrleans.Contracts.Traits;

namespace SpidOrleans.Contracts.Users;

/// <summary>What is held about a user, without events.</summary>
[GenerateSerializer, Immutable, Alias("spid.user-export")]
public sealed record UserExport
{
    [Id(0)] public UserProfile Profile { get; init; } = UserProfile.Empty;

    [Id(1)] public ImmutableArray<string> Agreements { get; init; } = [];

    /// <summary>Of the asking client; null: none.</summary>
    [Id(2)] public ClientTraits? Traits { get; init; }

    /// <summary>The keys of all that were ever linked.</summary>
    [Id(3)] public ImmutableArray<string> Visitors { get; init; } = [];

    [Id(4)] public bool IsTrackingRefused { get; init; }

    [Id(5)] public bool IsErased { get; init; }
}

/// <summary>Some of what waits for Mixpanel.</summary>
[GenerateSerializer, Immutable, Alias("spid.pending-page")]
public sealed record PendingPage
{
    /// <summary>Each a JSON object in UTF-8, as it is going to be sent.</summary>
    [Id(0)] public IReadOnlyList<ReadOnlyMemory<byte>> Payloads { get; init; } = [];

    /// <summary>Where to go on; null: that was all.</summary>
    [Id(1)] public long? Next { get; init; }
}
