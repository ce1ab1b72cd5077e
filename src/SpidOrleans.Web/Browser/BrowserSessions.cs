using Microsoft.AspNetCore.Http;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Intake;

namespace SpidOrleans.Web.Browser;

/// <summary>What a browser's cookie is good for, and the cookie that it gets: whatever looks, signs in or signs out on behalf
/// of the browser that sends the request does it here.</summary>
internal sealed class BrowserSessions(IGrainFactory grains, VisitorCookie cookie, SignIns signIns, AddressPrivacy addresses)
{
    /// <summary>Asks no grain about a browser without a cookie: it may never come back, and bots cost nothing.</summary>
    /// <param name="restoreFor">May a remembered person be signed in again, and who asked for it; null: no.</param>
    /// <exception cref="ClusterUnavailableException">The grain did not answer; the cookie stays as it was.</exception>
    public Task<BrowserSession> LookAsync(HttpContext context, EventSource? restoreFor = null) =>
        LookAsync(context, BrowserCookie.NewKey(), restoreFor);

    /// <summary>Signs the user in in this browser, under a fresh secret that no copy of the former cookie has.</summary>
    /// <exception cref="ClusterUnavailableException">The grain did not answer; it is not known whether the login took place.</exception>
    public Task<LoginResult> SignInAsync(HttpContext context, LoginRequest request) =>
        SignInAsync(context, request, BrowserCookie.NewKey(), VisitorId.New());

    /// <inheritdoc cref="SignInAsync(HttpContext, LoginRequest)"/>
    /// <param name="key">That secret: the same one when the same login is sent again.</param>
    /// <param name="minted">Whom to link if the browser is nobody yet, or only holds an old copy of a cookie.</param>
    public async Task<LoginResult> SignInAsync(HttpContext context, LoginRequest request, byte[] key, VisitorId minted)
    {
        var visitor = await FindOwnVisitorAsync(context, key, minted);
        var result = await signIns.LoginAsync(visitor, request with { BrowserKey = KeyDigest.Of(key) });
        if (result.Outcome == TrackOutcome.Stored) cookie.Write(context, result.VisitorId, key);
        return result;
    }

    /// <summary>Signs this browser out and makes it a fresh visitor.</summary>
    /// <inheritdoc cref="SignInAsync(HttpContext, LoginRequest)" path="/exception"/>
    public async Task<LogoutResult> SignOutAsync(HttpContext context, EventSource source)
    {
        var key = BrowserCookie.NewKey();
        if (cookie.Read(context.Request) is not { } shown)
        {
            var minted = VisitorId.New();
            cookie.Write(context, minted, key);
            return new LogoutResult { Outcome = TrackOutcome.Stored, VisitorId = minted };
        }

        var result = await signIns.LogoutAsync(shown.VisitorId, new LogoutRequest
        {
            Source = source,
            Ip = BrowserCall.Ip(context),
            UserAgent = BrowserCall.UserAgent(context),
            FromBrowser = true,
            BrowserKey = shown.Digest,
            NextKey = KeyDigest.Of(key),
        });
        if (result.Outcome == TrackOutcome.Stored && !result.IsStranger) cookie.Write(context, result.VisitorId, key);
        return result;
    }

    private async Task<BrowserSession> LookAsync(HttpContext context, byte[] nextKey, EventSource? restoreFor)
    {
        if (cookie.Read(context.Request) is not { } shown) return Mint(context, nextKey);

        var look = new BrowserLook
        {
            Key = shown.Digest,
            NextKey = KeyDigest.Of(nextKey),
            Restoration = restoreFor is null ? null : new Restoration
            {
                Source = restoreFor,
                Ip = addresses.Of(BrowserCall.Ip(context)),
                UserAgent = BrowserCall.UserAgent(context),
            },
        };
        var session = await ClusterCall.OrUnavailableAsync(() => grains.GetVisitor(shown.VisitorId).GetSessionAsync(look));
        var key = WriteCookie(context, shown, session, nextKey);
        if (session.Recognition == Recognition.Lost) return Mint(context, nextKey);
        return new BrowserSession(session.VisitorId, session.UserId, session.ExpiresAt, key is null ? null : KeyDigest.Of(key))
        {
            IsRestorable = session.IsRestorable,
            IsRecognised = session.Recognition is Recognition.Known or Recognition.Renewed,
            IsTwin = session.Recognition == Recognition.Twin,
            IsTrackingRefused = session.IsTrackingRefused,
        };
    }

    /// <returns>The secret that the browser has from now on.</returns>
    private byte[]? WriteCookie(HttpContext context, BrowserCookie shown, VisitorSession session, byte[] nextKey)
    {
        switch (session.Recognition)
        {
            case Recognition.Known when session.VisitorId == shown.VisitorId:
                if (shown.IsDue) cookie.Write(context, shown.VisitorId, shown.Key);
                return shown.Key;
            case Recognition.Known or Recognition.Renewed:
                cookie.Write(context, session.VisitorId, nextKey);
                return nextKey;
            default:
                // An old copy's answer must not replace the cookie that the browser may have got a moment ago.
                return null;
        }
    }

    private BrowserSession Mint(HttpContext context, byte[] key)
    {
        var minted = VisitorId.New();
        cookie.Write(context, minted, key);
        return new BrowserSession(minted) { IsNew = true };
    }

    /// <summary>The visitor that this browser is; a fresh one if its cookie is none or an old copy, so that whoever holds one
    /// cannot sign in over the head of the browser that has moved on.</summary>
    private async Task<VisitorId> FindOwnVisitorAsync(HttpContext context, byte[] nextKey, VisitorId minted)
    {
        if (cookie.Read(context.Request) is not { } shown) return minted;
        var look = new BrowserLook { Key = shown.Digest, NextKey = KeyDigest.Of(nextKey) };
        var session = await ClusterCall.OrUnavailableAsync(() => grains.GetVisitor(shown.VisitorId).GetSessionAsync(look));
        return session.Recognition is Recognition.Known or Recognition.Renewed ? session.VisitorId : minted;
    }
}
