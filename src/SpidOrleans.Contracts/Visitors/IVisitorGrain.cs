using System.Collections.Immutable;
using Orleans.Concurrency;
using SpidOrleans.Contracts.Erasure;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Contracts.Visitors;

/// <summary>One browser between two resets, keyed <c>v:{visitor id}</c>; while anonymous the only writer of its lanes.</summary>
[Alias("spid.visitor")]
public interface IVisitorGrain : IGrainWithStringKey
{
    /// <summary>Appends events; returns once they are durable. A linked visitor's go to its user's lane.</summary>
    /// <param name="source">The sender and with it the project.</param>
    /// <param name="events">1 to 2,000, oldest first.</param>
    /// <param name="fromBrowser">True when the browser itself sends: after the visitor was retired, events of a later
    /// time belong to its successor. A client back end addresses exactly the visitor it names.</param>
    /// <param name="browserKey">Of the secret that the sending browser shows for this very visitor: only the browser that a
    /// retired visitor still waits for is led on to its successor, and a linked one takes nothing under a secret that it never
    /// gave. Null: the sender has been recognised already, or is no browser.</param>
    [Alias("Track")]
    Task<TrackOutcome> TrackAsync(
        EventSource source, ImmutableArray<TrackedEvent> events, bool fromBrowser = false, KeyDigest? browserKey = null);

    /// <summary>Connects the visitor with the user and appends the login event after everything the visitor had pending.
    /// If the visitor belongs to somebody else, its successor is linked instead. Repeating the call changes nothing.</summary>
    [Alias("Login")]
    Task<LoginResult> LoginAsync(LoginRequest request);

    /// <summary>Ends the session and retires this id for its browser. Repeating the call answers the same fresh visitor.</summary>
    [Alias("Logout")]
    Task<LogoutResult> LogoutAsync(LogoutRequest request);

    /// <summary>Which visitor this browser is now, and who is signed in; slides the session. Writes nothing for a visitor
    /// that was never signed in or out. A repeat whose answer was lost finds the session held by that answer's secret.</summary>
    /// <param name="look">What the browser shows; null: somebody trusted asks, and nothing is bound to a browser.</param>
    [Alias("GetSession")]
    Task<VisitorSession> GetSessionAsync(BrowserLook? look = null);

    /// <summary>Who is signed in under this secret, here and now; null: nobody. Looks only.</summary>
    [Alias("FindSignedIn")]
    Task<UserId?> FindSignedInAsync(KeyDigest key);

    /// <summary>Which visitor this browser is now. Looks only: no session slides, nothing is written.</summary>
    [Alias("GetCurrent")]
    Task<VisitorId> GetCurrentAsync();

    /// <summary>As <see cref="GetCurrentAsync"/>, for the browser that shows this secret; null: it shows an old copy of a cookie.</summary>
    [Alias("FindCurrent")]
    Task<VisitorId?> FindCurrentAsync(KeyDigest key);

    /// <summary>Takes over traits of the source's client, for a browser in which nobody is signed in. They leave with that client's
    /// later events and become the user's at a login. A repeat, and what is older than what is known, changes nothing. A retired
    /// visitor hands them to its successor.</summary>
    /// <param name="source">With a client id.</param>
    /// <param name="traits">1 to <see cref="TraitLimits.CountMax"/>, each name once.</param>
    [Alias("SetTraits")]
    Task<TraitsResult> SetTraitsAsync(EventSource source, ImmutableArray<Trait> traits);

    /// <summary>What leaves with this client's events of the visitor, once it is linked its user's too; null: nothing.</summary>
    [Alias("GetTraits")]
    Task<ClientTraits?> GetTraitsAsync(string clientId);

    /// <summary>Changes the profile of the user whom the visitor belongs to; while it belongs to nobody, the changes are kept with it and
    /// made at the login, in order. Returns once they are durable. A repeat is carried out again.</summary>
    /// <param name="source">The sender and with it the project.</param>
    /// <param name="updates">1 to 2,000, oldest first.</param>
    /// <param name="fromBrowser">As with <see cref="TrackAsync"/>: a retired visitor's are its successor's.</param>
    /// <param name="browserKey">As with <see cref="TrackAsync"/>.</param>
    /// <returns><see cref="TrackOutcome.LaneFull"/> also where more than <see cref="ProfileLimits.HeldMax"/> changes, or
    /// <see cref="ProfileLimits.HeldBytesMax"/> of them, would wait for a login.</returns>
    [Alias("ChangeProfile")]
    Task<TrackOutcome> ChangeProfileAsync(EventSource source, ImmutableArray<ProfileUpdate> updates, bool fromBrowser = false, KeyDigest? browserKey = null);

    /// <summary>Whether the person wants to be tracked. A refusal discards what waits, is held or is a dead letter, and whatever comes later;
    /// consent releases what is held, in order and before anything later. Of a linked visitor either is the user's too, and it becomes the
    /// user's at a login: the stricter of the two. A repeat changes nothing.</summary>
    [Alias("SetConsent")]
    Task<TrackOutcome> SetConsentAsync(bool tracking);

    /// <summary>As <see cref="SetConsentAsync"/>, for the browser that shows this secret: an old copy of a cookie says nothing of a person who
    /// came after it.</summary>
    /// <param name="browserKey">As with <see cref="TrackAsync"/>.</param>
    /// <returns><see cref="TrackOutcome.Stranger"/>: it is another browser's by now, and nothing was done.</returns>
    [Alias("SetBrowsersConsent")]
    Task<TrackOutcome> SetBrowsersConsentAsync(bool tracking, KeyDigest browserKey);

    /// <summary>Erases the visitor: what is stored of it, waits or is a dead letter is gone when this returns, and whatever comes later is
    /// refused. Of a linked visitor that is its own part of its user's events; the user stays.</summary>
    [Alias("Erase")]
    Task<ErasureResult> EraseAsync();

    /// <summary>What is stored of the visitor has been erased by its user's grain, which does not wait.</summary>
    [Alias("Forget"), OneWay]
    Task ForgetAsync();

    /// <param name="project">Whose pending events to count.</param>
    [Alias("Describe")]
    Task<VisitorDescription> DescribeAsync(string project);
}
