using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Contracts.Visitors;

/// <summary>A sign-in or registration, believed only from a signed-in session or a client's own credentials.</summary>
[GenerateSerializer, Immutable, Alias("spid.login-request")]
public sealed record LoginRequest
{
    [Id(0)] public required UserId UserId { get; init; }

    [Id(1)] public required EventSource Source { get; init; }

    /// <summary>The event to emit: <c>Login</c> or <c>Signup completed</c>, with the sender's time, insert id and properties.</summary>
    [Id(2)] public required TrackedEvent Event { get; init; }

    /// <summary>What the sender knows of the user; null: nothing new.</summary>
    [Id(3)] public UserProfile? Profile { get; init; }

    /// <summary>Where the sign-in came from; leaves with this visitor's later events too.</summary>
    [Id(4)] public Tracking? Tracking { get; init; }

    /// <summary>Set when the browser itself signs in: of the secret that the answer gives it, and only it. Null: a client's
    /// back end does, and the session is the browser's that comes for it.</summary>
    [Id(5)] public KeyDigest? BrowserKey { get; init; }

    /// <summary>The person wants to stay signed in: <c>autologin=1</c> starts the session again.</summary>
    [Id(6)] public bool Remember { get; init; }
}

/// <summary>SPiD's tracking parameters, each 1 to 255 characters or unknown.</summary>
[GenerateSerializer, Immutable, Alias("spid.tracking")]
public sealed record Tracking
{
    [Id(0)] public string? Ref { get; init; }

    [Id(1)] public string? Tag { get; init; }

    /// <summary><c>payment</c> or <c>signup</c>, as SPiD names its flows.</summary>
    [Id(2)] public string? Flow { get; init; }
}

[GenerateSerializer, Immutable, Alias("spid.login-result")]
public sealed record LoginResult
{
    [Id(0)] public required TrackOutcome Outcome { get; init; }

    /// <summary>The visitor that now belongs to the user: the addressed one, or its successor.</summary>
    [Id(1)] public required VisitorId VisitorId { get; init; }

    /// <summary>Pending events that joined the user at the link.</summary>
    [Id(2)] public int Merged { get; init; }
}

[GenerateSerializer, Immutable, Alias("spid.logout-request")]
public sealed record LogoutRequest
{
    [Id(0)] public required EventSource Source { get; init; }

    [Id(1)] public string? Ip { get; init; }

    [Id(2)] public string? UserAgent { get; init; }

    /// <summary>Set by a retired visitor that hands the call to its successor.</summary>
    [Id(3)] public bool IsForwarded { get; init; }

    /// <summary>The browser itself asks, and must be recognised; false: a client's back end does.</summary>
    [Id(4)] public bool FromBrowser { get; init; }

    /// <summary>Of the secret in the browser's cookie.</summary>
    [Id(5)] public KeyDigest? BrowserKey { get; init; }

    /// <summary>Of the secret that the browser gets with the answer.</summary>
    [Id(6)] public KeyDigest? NextKey { get; init; }
}

[GenerateSerializer, Immutable, Alias("spid.logout-result")]
public sealed record LogoutResult
{
    [Id(0)] public required TrackOutcome Outcome { get; init; }

    /// <summary>The anonymous visitor that this browser is from now on.</summary>
    [Id(1)] public required VisitorId VisitorId { get; init; }

    /// <summary>Nothing was done: the cookie is an old copy, and the visitor somebody else's browser by now.</summary>
    [Id(2)] public bool IsStranger { get; init; }
}
