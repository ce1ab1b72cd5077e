using SpidOrleans.Contracts.Events;

namespace SpidOrleans.Contracts.Visitors;

/// <summary>A browser shows its cookie and asks who it is.</summary>
[GenerateSerializer, Immutable, Alias("spid.browser-look")]
public sealed record BrowserLook
{
    /// <summary>Of the cookie's secret; null: the cookie has none and proves the visitor only, never a session.</summary>
    [Id(0)] public KeyDigest? Key { get; init; }

    /// <summary>Of the secret that the browser gets should it have to change it.</summary>
    [Id(1)] public required KeyDigest NextKey { get; init; }

    /// <summary>Set by a retired visitor for the one browser that follows it to its successor.</summary>
    [Id(2)] public bool IsHeir { get; init; }

    /// <summary>Set by a retired visitor whose browser was there a moment ago.</summary>
    [Id(3)] public bool IsTwin { get; init; }

    /// <summary>A remembered person may be signed in again. Null: not on this occasion.</summary>
    [Id(4)] public Restoration? Restoration { get; init; }
}

/// <summary>Where the event <c>Autologin</c> comes from.</summary>
[GenerateSerializer, Immutable, Alias("spid.restoration")]
public sealed record Restoration
{
    [Id(0)] public required EventSource Source { get; init; }

    [Id(1)] public string? Ip { get; init; }

    [Id(2)] public string? UserAgent { get; init; }
}

/// <summary>What a browser's secret was good for.</summary>
[GenerateSerializer, Alias("spid.recognition")]
public enum Recognition
{
    /// <summary>It is the browser's, or the visitor has never needed one.</summary>
    Known = 0,

    /// <summary>It was, and from now on the browser's secret is <see cref="BrowserLook.NextKey"/>.</summary>
    Renewed = 1,

    /// <summary>It is an old copy: the visitor is told, no session is, and nothing may be done with it.</summary>
    Stranger = 2,

    /// <summary>It was the browser's until another request of it, a moment ago: that one's answer has the new secret.</summary>
    Twin = 3,

    /// <summary>It is an old copy, and the browser has moved on long since; or a login has waited for its browser for so long that this
    /// must be it, without a proof. Whoever shows it starts afresh.</summary>
    Lost = 4,
}
