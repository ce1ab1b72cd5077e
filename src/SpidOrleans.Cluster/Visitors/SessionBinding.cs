using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Visitors;

/// <summary>Ties a visitor's session to one browser. The visitor's id is no secret and its cookie may have been copied or
/// planted before the login, so the session is held by a secret that the browser gets with the login or right after it.</summary>
[GenerateSerializer, Immutable, Alias("spid.session-binding")]
public sealed record SessionBinding
{
    public static readonly SessionBinding None = new() { IsOpen = true };

    /// <summary>Of the secret that the browser holds; null until a browser has come for a session.</summary>
    [Id(0)] public KeyDigest? Key { get; init; }

    /// <summary>Of the secret it had before, until it has shown the new one: should the answer have been lost, the next login's
    /// session is still this browser's. It opens no session that has begun.</summary>
    [Id(1)] public KeyDigest? FormerKey { get; init; }

    /// <summary>A client's back end has signed the user in; the browser has not come for the session yet.</summary>
    [Id(2)] public bool IsOpen { get; init; }

    /// <summary>Until when the session may be started again without a login; null: not at all. Ends with a logout.</summary>
    [Id(3)] public DateTimeOffset? RememberUntil { get; init; }

    /// <summary>When this visitor's browser got its successor's cookie: whoever shows the old one later is another browser.</summary>
    [Id(4)] public DateTimeOffset? HandedOverAt { get; init; }

    /// <summary>Of the secret in that cookie: the same request, carried out again, inherits again.</summary>
    [Id(5)] public KeyDigest? HandedTo { get; init; }

    /// <summary>When the browser got its secret; null: none yet, or stored by a former build.</summary>
    [Id(6)] public DateTimeOffset? BoundAt { get; init; }

    /// <summary>Whether a session that begins with the next login may be the browser's that shows this secret.</summary>
    public bool Recognises(KeyDigest? key) =>
        key is { } shown && (Key is not { } own || own.Matches(shown) || FormerKey?.Matches(shown) == true);

    /// <summary>Whether the browser that shows one secret, and gets the other, may still act for a visitor that may be retired.</summary>
    public bool IsBrowser(KeyDigest? key, KeyDigest? next) =>
        Recognises(key) && (HandedOverAt is null || HandedTo?.Matches(next) == true);
}

/// <summary>An <c>Autologin</c> on its way: whoever finds it sends the same event.</summary>
[GenerateSerializer, Immutable, Alias("spid.pending-autologin")]
public sealed record PendingAutologin
{
    [Id(0)] public required EventSource Source { get; init; }

    [Id(1)] public required TrackedEvent Event { get; init; }
}
