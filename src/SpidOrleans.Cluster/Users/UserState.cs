using System.Collections.Immutable;
using SpidOrleans.Cluster.Merging;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Users;

/// <summary>What is stored of a user.</summary>
[GenerateSerializer, Immutable, Alias("spid.user-state")]
public sealed record UserState
{
    public const int VisitorsMax = 100;

    public const int AgreementsMax = 100;

    [Id(0)] public UserProfile Profile { get; init; } = UserProfile.Empty;

    /// <summary>The newest linked visitors, newest first, at most <see cref="VisitorsMax"/>. For people to look at: the
    /// link itself lives with the visitor.</summary>
    [Id(1)] public ImmutableArray<VisitorId> Visitors { get; init; } = [];

    /// <summary>The clients whose terms the user has accepted, the latest first, at most <see cref="AgreementsMax"/>.</summary>
    [Id(20)] public ImmutableArray<string> Agreements { get; init; } = [];

    /// <summary>What clients say of the user; null: nothing.</summary>
    [Id(21)] public TraitMap? Traits { get; init; }

    /// <summary>The person wants no tracking.</summary>
    [Id(22)] public bool IsTrackingRefused { get; init; }

    /// <summary>The person has consented to be tracked; never together with a refusal.</summary>
    [Id(50)] public bool IsTrackingGranted { get; init; }

    /// <summary>From the consent on until what was held is released.</summary>
    [Id(51)] public bool IsReleasing { get; init; }

    /// <summary>The visitors joined with the user by <c>$identify</c>, by project: only of those with Original ID Merge.</summary>
    [Id(23)] public ImmutableArray<IdentityCluster> Clusters { get; init; } = [];

    public UserState Having(VisitorId visitor) => Visitors.Contains(visitor)
        ? this
        : this with { Visitors = [visitor, .. Visitors.Take(VisitorsMax - 1)] };

    internal UserState Identified(Identification? identification) => identification is Identification.Due due
        ? this with { Clusters = due.Clusters }
        : this;

    public UserState Accepting(string clientId) => Agreements.Contains(clientId)
        ? this
        : this with { Agreements = [clientId, .. Agreements.Take(AgreementsMax - 1)] };
}
