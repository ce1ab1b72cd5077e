using SpidOrleans.Cluster.Stamping;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Visitors;

internal sealed partial class VisitorGrain
{
    /// <summary>Requests that one browser sends at once come within this time, and none that was under way when its cookie changed is
    /// answered later: the answer to a later one may set a cookie without undoing that change.</summary>
    private static readonly TimeSpan TwinsWithin = TimeSpan.FromSeconds(10);

    /// <summary>A browser comes for its session as soon as its page has loaded. After this, one that comes without proof is
    /// more likely to have lost it than to be a thief's; it gets no session, but an id under which it can sign in.</summary>
    private static readonly TimeSpan LostAfter = TimeSpan.FromMinutes(5);

    private SessionBinding Binding => State.Binding ?? SessionBinding.None;

    /// <summary>
    /// Which visitor, and then whether the session is for this browser:
    /// 1. A retired visitor sends the one browser that holds its last secret to the successor as its heir, and requests that were
    ///    under way then without proof. Whoever comes later is another browser, and starts afresh.
    /// 2. A session that waits for its browser is the recognised one's, who gets a new secret.
    /// 3. A session that has a browser is told to that secret alone.
    /// 4. A session that has ended may be started again under the same secret.
    /// </summary>
    public async Task<VisitorSession> GetSessionAsync(BrowserLook? look)
    {
        await FinishMergeAsync();
        if (State.IsErased) return Told(Recognition.Lost);
        // 1
        if (State.Successor is { } successor)
        {
            var handedOn = look is null ? null : await HandOverAsync(look);
            return handedOn is { IsHeir: false, IsTwin: false } && IsOver(Binding.HandedOverAt ?? DateTimeOffset.FromUnixTimeMilliseconds(State.RetiredAtMs))
                ? Told(Recognition.Lost)
                : await Visitor(successor).GetSessionAsync(handedOn);
        }

        await FinishAutologinAsync();
        var now = services.Clock.GetUtcNow();
        var isLive = State.SessionExpiresAt > now;
        var isHeir = look is { IsHeir: true } && Binding.Key is null;
        var isOwn = isHeir || Binding.Recognises(look?.Key);

        // 2
        if (isLive && Binding.IsOpen && look is not null)
        {
            if (!isOwn) return Told(now - (State.SessionExpiresAt!.Value - services.Settings.SessionLifetime) > LostAfter ? Recognition.Lost : AsOther(look));
            await WriteAsync(State with
            {
                SessionExpiresAt = NewSessionEnd(),
                Binding = Binding with { Key = look.NextKey, FormerKey = look.Key, IsOpen = false, BoundAt = now },
            });
            return SignedIn(Recognition.Renewed);
        }

        // 3
        var isBound = look is null || Binding.Key?.Matches(look.Key) == true;
        if (isLive)
        {
            // The very request that the session was bound for, carried out again.
            if (Binding.Key?.Matches(look?.NextKey) == true) return SignedIn(Recognition.Renewed);
            if (!isBound) return Told(AsLater(look!));
            await UseAsync(now, isShown: look is not null);
            return SignedIn(Recognition.Known);
        }

        // 4
        if (look is not null && isBound && State.LinkedUser is not null && Binding.RememberUntil > now)
        {
            if (look.Restoration is null) return Told(Recognition.Known) with { IsRestorable = true };
            await RestoreAsync(look.Restoration);
            return SignedIn(Recognition.Known);
        }

        return Told(look is null || isOwn ? isHeir ? Recognition.Renewed : Recognition.Known : AsLater(look));
    }

    public Task<UserId?> FindSignedInAsync(KeyDigest key) => Task.FromResult(
        State.Successor is null && State.SessionExpiresAt > services.Clock.GetUtcNow() && Binding is { IsOpen: false, Key: { } own } && own.Matches(key)
            ? State.LinkedUser
            : null);

    private VisitorSession Told(Recognition recognition) => new() { VisitorId = Id, Recognition = recognition, IsTrackingRefused = State.IsTrackingRefused };

    private VisitorSession SignedIn(Recognition recognition) =>
        Told(recognition) with { UserId = State.LinkedUser, ExpiresAt = State.SessionExpiresAt };

    private Recognition AsOther(BrowserLook look) =>
        look.IsTwin || (look.Key is { } key && Binding.FormerKey?.Matches(key) == true) ? Recognition.Twin : Recognition.Stranger;

    /// <summary>For a visitor that has its browser: whoever shows another secret for a person's visitor is another browser.</summary>
    private Recognition AsLater(BrowserLook look) =>
        AsOther(look) is var other && other == Recognition.Stranger && State.LinkedUser is not null && IsOver(Binding.BoundAt) ? Recognition.Lost : other;

    /// <summary>True when nothing can be under way any more that began before this.</summary>
    private bool IsOver(DateTimeOffset? changedAt) => !(services.Clock.GetUtcNow() - changedAt < TwinsWithin);

    /// <summary>The visitor is retired, and its browser has yet to come for the successor's cookie: this is its last secret.</summary>
    private bool IsAwaited(KeyDigest? key) => Binding.HandedOverAt is null && Binding.Recognises(key);

    private async Task<BrowserLook> HandOverAsync(BrowserLook look)
    {
        var now = services.Clock.GetUtcNow();
        var isHeir = look.IsHeir ? Binding.Key is null && Binding.HandedOverAt is null : Binding.IsBrowser(look.Key, look.NextKey);
        var isTwin = look.IsTwin || (!isHeir && Binding.Recognises(look.Key) && now - Binding.HandedOverAt < TwinsWithin);
        // Once per retired visitor, and before the successor's cookie leaves: two browsers must not both inherit.
        if (isHeir && Binding.HandedOverAt is null)
            await WriteAsync(State with { Binding = Binding with { HandedOverAt = now, HandedTo = look.NextKey } });
        return look with { Key = null, IsHeir = isHeir, IsTwin = isTwin };
    }

    /// <summary>Sliding, but not a write per look: an eighth of the lifetime may pass first.</summary>
    private async Task UseAsync(DateTimeOffset now, bool isShown)
    {
        var confirms = isShown && Binding.FormerKey is not null;
        var slides = State.SessionExpiresAt - now < services.Settings.SessionLifetime * 0.875;
        if (!confirms && !slides) return;
        await WriteAsync(State with
        {
            SessionExpiresAt = slides ? NewSessionEnd() : State.SessionExpiresAt,
            Binding = isShown ? Binding with { FormerKey = null } : State.Binding,
        });
    }

    /// <summary>The session first and its event after it, as with a logout: the event is part of the stored decision.</summary>
    private async Task RestoreAsync(Restoration restoration)
    {
        await WriteAsync(State with
        {
            SessionExpiresAt = NewSessionEnd(),
            Binding = Binding with { FormerKey = null },
            Autologin = new PendingAutologin
            {
                Source = restoration.Source,
                Event = new TrackedEvent
                {
                    Name = "Autologin",
                    TimeMs = NowMs,
                    InsertId = InsertIds.Mint(),
                    Ip = restoration.Ip,
                    UserAgent = restoration.UserAgent,
                },
            },
        });
        await FinishAutologinAsync();
    }

    private async Task FinishAutologinAsync()
    {
        if (State is not { Autologin: { } pending, LinkedUser: { } user }) return;
        // Not stored now: with the next look. The person is signed in all the same.
        var signIn = new LoginRequest { UserId = user, Source = pending.Source, Event = pending.Event };
        if (await User(user).SignInAsync(Linked(carriesLogin: true), signIn, isRestored: true) != TrackOutcome.Stored) return;
        await WriteAsync(State with { Autologin = null });
    }

    /// <summary>The binding of the session that this login begins.</summary>
    private SessionBinding Begin(LoginRequest login)
    {
        DateTimeOffset? rememberUntil = login.Remember ? services.Clock.GetUtcNow() + services.Settings.RememberLifetime : null;
        return login.BrowserKey is { } key
            ? new SessionBinding { Key = key, RememberUntil = rememberUntil, BoundAt = services.Clock.GetUtcNow() }
            : Binding with { IsOpen = true, RememberUntil = rememberUntil };
    }

    /// <summary>The binding of a visitor that is retired.</summary>
    /// <param name="handedTo">Of the secret with which its browser gets the successor's cookie in this very answer; null: it
    /// has yet to come for it.</param>
    private SessionBinding End(KeyDigest? handedTo) => Binding with
    {
        IsOpen = false,
        RememberUntil = null,
        HandedOverAt = handedTo is null ? null : services.Clock.GetUtcNow(),
        HandedTo = handedTo,
    };
}
