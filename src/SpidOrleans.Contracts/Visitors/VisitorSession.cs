using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Contracts.Visitors;

/// <summary>What a browser that shows a visitor's cookie is told.</summary>
[GenerateSerializer, Immutable, Alias("spid.visitor-session")]
public sealed record VisitorSession
{
    /// <summary>The visitor this browser is now: the asked one, or the last of its successors.</summary>
    [Id(0)] public required VisitorId VisitorId { get; init; }

    /// <summary>Who is signed in; null: nobody.</summary>
    [Id(1)] public UserId? UserId { get; init; }

    /// <summary>When the session ends unless it is used; null without a session.</summary>
    [Id(2)] public DateTimeOffset? ExpiresAt { get; init; }

    [Id(3)] public Recognition Recognition { get; init; }

    /// <summary>Nobody is signed in, but whoever was asked to be remembered: the core can sign them in again.</summary>
    [Id(4)] public bool IsRestorable { get; init; }

    /// <summary>This visitor wants no tracking. What a signed-in user wants is in its account.</summary>
    [Id(30)] public bool IsTrackingRefused { get; init; }
}

[GenerateSerializer, Immutable, Alias("spid.visitor-description")]
public sealed record VisitorDescription
{
    /// <summary>The linked user; null while anonymous.</summary>
    [Id(0)] public UserId? UserId { get; init; }

    /// <summary>Accepted events that Mixpanel has not confirmed: the visitor's, or once it is linked its user's.</summary>
    [Id(1)] public int Pending { get; init; }
}
