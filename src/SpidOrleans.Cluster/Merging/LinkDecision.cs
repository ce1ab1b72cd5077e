using SpidOrleans.Cluster.Visitors;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Merging;

/// <summary>What a login means for a visitor. Pure: the visitor's grain carries it out.</summary>
internal abstract record LinkDecision
{
    /// <summary>The visitor's first login: it belongs to this user from now on.</summary>
    internal sealed record Link : LinkDecision;

    /// <summary>The same person again.</summary>
    internal sealed record AlreadyLinked : LinkDecision;

    /// <summary>A login that was answered before, sent again.</summary>
    internal sealed record Resend(AnsweredLogin Answer) : LinkDecision;

    /// <summary>This browser is another visitor by now: that one decides.</summary>
    internal sealed record Forward(VisitorId Successor) : LinkDecision;

    /// <summary>A second person on this browser: the visitor is retired and a fresh one linked.</summary>
    internal sealed record Conflict : LinkDecision;

    /// <param name="visitor">The state, not merging.</param>
    /// <param name="userId">Who logs in.</param>
    /// <param name="key">The login's <see cref="AnsweredLogin.KeyOf"/>; null: a resend cannot be told from another login.</param>
    public static LinkDecision Decide(VisitorState visitor, UserId userId, string? key) => visitor switch
    {
        _ when key is not null && visitor.Logins.FirstOrDefault(known => known.Key == key) is { } answer => new Resend(answer),
        // Before the comparison of users: a sender that still holds a retired id means the browser, not its past.
        { Successor: { } successor } => new Forward(successor),
        { LinkedUser: null } => new Link(),
        { LinkedUser: { } linked } when linked == userId => new AlreadyLinked(),
        // Mixpanel keeps a device's first link for ever, so we do too.
        _ => new Conflict(),
    };

    /// <summary>Later than everything the visitor was known to do, so that no event from before the login is taken for one
    /// after it.</summary>
    public static long LinkTime(long nowMs, VisitorState visitor, long? latestPendingMs, long latestAcceptedMs) =>
        Math.Max(nowMs, 1 + Math.Max(visitor.FutureEventMs, Math.Max(latestPendingMs ?? 0, latestAcceptedMs)));
}
