using SpidOrleans.Contracts.Events;
using SpidOrleans.Web.Browser;

namespace SpidOrleans.Web.Ingestion;

/// <summary>Who sends, as far as the request proves it.</summary>
/// <param name="Token">Of the project.</param>
/// <param name="RateKey">Whose allowance of events it is.</param>
/// <param name="IsProven">By a client's credentials.</param>
/// <param name="IsPage">A page of a registered origin sends it, as the browser says: what is no browser can claim that too.</param>
/// <param name="Cookie">Of the browser; null: none came along, or not to be believed.</param>
internal sealed record Sender(EventSource Source, string Token, string RateKey, bool IsProven, bool IsPage, BrowserCookie? Cookie)
{
    /// <summary>The person's own browser sends it.</summary>
    public bool IsBrowser => IsPage && !IsProven;
}
