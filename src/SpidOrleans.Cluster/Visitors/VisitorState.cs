using System.Collections.Immutable;
using SpidOrleans.Cluster.Merging;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Operations;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Visitors;

/// <summary>What is stored of a visitor, from its first login, logout or trait on; before that nothing is.</summary>
[GenerateSerializer, Immutable, Alias("spid.visitor-state")]
public sealed record VisitorState
{
    /// <summary>Of a visitor of whom nothing is stored.</summary>
    public static VisitorState Empty { get; } = new();

    /// <summary>The user this visitor belongs to; null while anonymous. Set once, by a link.</summary>
    [Id(0)] public UserId? LinkedUser { get; init; }

    /// <summary>Milliseconds since the Unix epoch; later than every event accepted before the link.</summary>
    [Id(1)] public long LinkedAtMs { get; init; }

    /// <summary>The login that made the link, until the pending events have moved. While it is set, the visitor is merging.</summary>
    [Id(2)] public LoginRequest? PendingLogin { get; init; }

    /// <summary>The newest logins addressed to this visitor, newest first, and who each made of its browser.</summary>
    [Id(4)] public ImmutableArray<AnsweredLogin> Logins { get; init; } = [];

    /// <summary>From the last login that named any.</summary>
    [Id(5)] public Tracking? Tracking { get; init; }

    /// <summary>Until when the user is signed in; null: signed out. Slides.</summary>
    [Id(6)] public DateTimeOffset? SessionExpiresAt { get; init; }

    /// <summary>The visitor this browser became; null while this one is in use. Set once.</summary>
    [Id(7)] public VisitorId? Successor { get; init; }

    /// <summary>Milliseconds since the Unix epoch; what the browser does from then on is its successor's.</summary>
    [Id(8)] public long RetiredAtMs { get; init; }

    /// <summary>The logout that retired this visitor; null when another person's login did.</summary>
    [Id(9)] public TrackedEvent? LogoutEvent { get; init; }

    /// <summary>Who asked for that logout: a repeat goes where the first one went, whoever sends it.</summary>
    [Id(11)] public EventSource? LogoutSource { get; init; }

    /// <summary>At least the latest event time that was ahead of the clock when accepted, so that a link after a crash
    /// still comes later.</summary>
    [Id(10)] public long FutureEventMs { get; init; }

    /// <summary>Which browser the session is for; null until a first login.</summary>
    [Id(20)] public SessionBinding? Binding { get; init; }

    /// <summary>The restored session whose event is not stored yet.</summary>
    [Id(21)] public PendingAutologin? Autologin { get; init; }

    /// <summary>What clients said of the visitor while nobody was signed in; null: nothing. Stays when it has become the user's.</summary>
    [Id(22)] public TraitMap? Traits { get; init; }

    /// <summary>Changes of Mixpanel's profile that wait for a login, oldest first, at most <see cref="ProfileLimits.HeldMax"/>; empty from
    /// the first login on.</summary>
    [Id(23)] public ImmutableArray<HeldUpdate> HeldUpdates { get; init; } = [];

    /// <summary>Nothing else is known any more, and nothing is taken.</summary>
    [Id(24)] public bool IsErased { get; init; }

    /// <summary>The person wants no tracking in this browser.</summary>
    [Id(25)] public bool IsTrackingRefused { get; init; }

    /// <summary>What made the link; null while there is none, or a former build made it.</summary>
    [Id(40)] public LinkCause? Cause { get; init; }

    /// <summary>When anything was first stored; milliseconds since the Unix epoch, 0: by a former build.</summary>
    [Id(41)] public long StoredSinceMs { get; init; }

    /// <summary>The person has consented to be tracked in this browser; never together with a refusal.</summary>
    [Id(50)] public bool IsTrackingGranted { get; init; }

    /// <summary>From the consent on until what was held is released.</summary>
    [Id(51)] public bool IsReleasing { get; init; }
}
