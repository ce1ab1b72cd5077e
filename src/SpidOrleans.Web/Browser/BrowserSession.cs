using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Web.Browser;

/// <summary>Who a request's browser is.</summary>
/// <param name="UserId">Who is signed in; null: nobody.</param>
/// <param name="Key">Of the secret that holds the session.</param>
internal sealed record BrowserSession(VisitorId VisitorId, UserId? UserId = null, DateTimeOffset? ExpiresAt = null, KeyDigest? Key = null)
{
    /// <summary>A remembered person could be signed in again.</summary>
    public bool IsRestorable { get; init; }

    /// <summary>The cookie's secret is the browser's, or none was needed yet; otherwise an old copy of a cookie was shown, which may
    /// change nothing.</summary>
    public bool IsRecognised { get; init; } = true;

    /// <summary>No cookie came along that was worth anything: the browser gets its first one with this answer, and may never show it.</summary>
    public bool IsNew { get; init; }

    /// <summary>The visitor wants no tracking: a page is told so, and not which visitor it is.</summary>
    public bool IsTrackingRefused { get; init; }

    /// <summary>Another request of this browser has just changed its cookie: asked again, it shows the new one.</summary>
    public bool IsTwin { get; init; }
}
