using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Web.Ingestion;

/// <summary>
/// Decides for whom a record is taken. A client may name anybody. A browser is who its cookie says, and may name the visitors that it
/// was before and the user that its visitor belongs to. Whoever proves nothing may name a visitor, whose id nobody guesses, and never
/// a user. Pure.
/// </summary>
/// <param name="IsProven">By a client's credentials.</param>
/// <param name="Cookie">The browser's visitor; null: no cookie came along.</param>
/// <param name="Own">Whom else this browser was: of those that are named.</param>
/// <param name="BrowserKey">Of the cookie's secret, for the visitor to look at; null: no cookie, or it has been looked at already.</param>
/// <param name="LinkedUser">Whom the cookie's visitor belongs to; null: nobody, or nobody was named.</param>
internal readonly record struct Addressing(bool IsProven, VisitorId? Cookie, IReadOnlySet<VisitorId> Own, UserId? LinkedUser, KeyDigest? BrowserKey)
{
    public const string NobodyRule = "is invalid: must not be missing or empty";
    public const string UnfitRule = $"is invalid: must be a visitor's id (a UUID version 4) or a user's ({UserId.Rule})";
    public const string ForeignVisitorRule = "is invalid: is not a visitor that this browser is or was";
    public const string ForeignUserRule = "is invalid: is not the user who is signed in in this browser";
    public const string UnprovenUserRule = "is invalid: a user may be named with the client's credentials only";

    /// <summary>What a recognised browser does after its visitor was retired is the successor's; whoever shows no cookie names exactly the
    /// visitor that it means.</summary>
    public bool LeadsOn => Cookie is not null;

    /// <returns>Exactly one of the three.</returns>
    public (VisitorId? Visitor, UserId? User, string? Fault) Resolve(Claim claim)
    {
        if (claim.IsUnfit) return (null, null, UnfitRule);
        if (!IsProven && Cookie is { } cookie) return ResolveOfBrowser(claim, cookie);
        if (claim.User is { } user) return IsProven ? (null, user, null) : (null, null, UnprovenUserRule);
        return claim.Visitor is { } visitor ? (visitor, null, null) : (null, null, NobodyRule);
    }

    private (VisitorId?, UserId?, string?) ResolveOfBrowser(Claim claim, VisitorId cookie)
    {
        // Ids that Mixpanel's client has made up itself mean this browser.
        if (claim.IsDevice) return (cookie, null, null);
        if (claim.User is { } user) return user == LinkedUser ? (cookie, null, null) : (null, null, ForeignUserRule);
        if (claim.Visitor is not { } visitor || visitor == cookie) return (cookie, null, null);
        return Own.Contains(visitor) ? (visitor, null, null) : (null, null, ForeignVisitorRule);
    }
}
