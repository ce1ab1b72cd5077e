using System.Collections.Immutable;
using SpidOrleans.Contracts.Erasure;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Contracts.Users;

/// <summary>One SPiD user, keyed <c>u:{user id}</c>: the one sequencer of everything known to be this person's.</summary>
[Alias("spid.user")]
public interface IUserGrain : IGrainWithStringKey
{
    /// <summary>Appends events to the user's lane; returns once they are durable.</summary>
    /// <param name="source">The sender and with it the project.</param>
    /// <param name="events">1 to 2,000, oldest first.</param>
    /// <param name="visitor">The linked visitor they came from; null when they name the user.</param>
    [Alias("Track")]
    Task<TrackOutcome> TrackAsync(EventSource source, ImmutableArray<TrackedEvent> events, LinkedVisitor? visitor = null);

    /// <summary>Takes a visitor in: in one transaction its pending events move to the end of the user's lanes, followed by
    /// the login event; Mixpanel's profile of the user is told after it. The visitor's traits become the user's too, of each name
    /// the later one. Repeating the call changes nothing but the profile's time and answers the same number.</summary>
    [Alias("Adopt")]
    Task<AdoptResult> AdoptAsync(LinkedVisitor visitor, LoginRequest login);

    /// <summary>A linked visitor's user signs in again: as <see cref="AdoptAsync"/>, but nothing is left to move.</summary>
    /// <param name="isRestored">The session started by itself: the person was recognised and did not log in.</param>
    [Alias("SignIn")]
    Task<TrackOutcome> SignInAsync(LinkedVisitor visitor, LoginRequest login, bool isRestored = false);

    /// <summary>Takes over the fields that <paramref name="profile"/> knows; they leave with every later event, and Mixpanel's
    /// profile is told of locale and birthday. A repeat tells it the same again.</summary>
    [Alias("PutProfile")]
    Task<TrackOutcome> SetProfileAsync(EventSource source, UserProfile profile);

    /// <summary>Takes over traits of the source's client; they leave with its later events, and Mixpanel's profile is told of
    /// them. A repeat, and what is older than what is known, changes nothing.</summary>
    /// <param name="source">With a client id.</param>
    /// <param name="traits">1 to <see cref="TraitLimits.CountMax"/>, each name once.</param>
    /// <param name="isTrusted">The client itself says so now: whatever the times are, its word is the latest. And the person need
    /// not be there.</param>
    [Alias("SetTraits")]
    Task<TraitsResult> SetTraitsAsync(EventSource source, ImmutableArray<Trait> traits, bool isTrusted);

    /// <summary>Takes a trait of the source's client away; a repeat changes nothing.</summary>
    [Alias("RemoveTrait")]
    Task<TraitsResult> RemoveTraitAsync(EventSource source, string name);

    /// <summary>Tells Mixpanel's profile of the user, after whatever was told or tracked before; returns once that is durable. A repeat
    /// tells it again.</summary>
    /// <param name="source">The sender and with it the project.</param>
    /// <param name="updates">1 to 2,000, oldest first.</param>
    [Alias("ChangeProfile")]
    Task<TrackOutcome> ChangeProfileAsync(EventSource source, ImmutableArray<ProfileUpdate> updates);

    /// <summary>What this client says of the user; null: nothing.</summary>
    [Alias("GetTraits")]
    Task<ClientTraits?> GetTraitsAsync(string clientId);

    /// <summary>What is known of the user.</summary>
    [Alias("GetProfile")]
    Task<UserProfile> GetProfileAsync();

    /// <summary>What a browser is told in which this user is signed in.</summary>
    [Alias("GetAccount")]
    Task<UserAccount> GetAccountAsync();

    /// <summary>The user accepts the terms of this client, and with it SPiD's own. A repeat changes nothing.</summary>
    [Alias("AcceptAgreement")]
    Task AcceptAgreementAsync(string clientId);

    /// <summary>What is held about the user, events apart.</summary>
    /// <param name="clientId">Whose traits to tell.</param>
    [Alias("Export")]
    Task<UserExport> ExportAsync(string clientId);

    /// <summary>What waits for Mixpanel in one project, oldest first.</summary>
    /// <param name="ofProfile">Changes of the profile instead of events.</param>
    /// <param name="after">0, or what the former page said.</param>
    [Alias("ReadPending")]
    Task<PendingPage> ReadPendingAsync(string project, bool ofProfile, long after);

    /// <summary>Whether the person wants to be tracked, on whichever device. A refusal discards what waits, is held or is a dead letter, and
    /// whatever comes later. Consent releases what is held, in order and before anything later, and takes back the user's refusal, not that of a device. A repeat changes nothing.</summary>
    [Alias("SetConsent")]
    Task<TrackOutcome> SetConsentAsync(bool tracking);

    /// <summary>Erases the user and all visitors that belong to it, as <see cref="IVisitorGrain.EraseAsync"/>.</summary>
    [Alias("Erase")]
    Task<ErasureResult> EraseAsync();

    /// <summary>Erases a visitor of this user: its events among the user's go, the user's others stay.</summary>
    [Alias("EraseVisitor")]
    Task<ErasureResult> EraseVisitorAsync(VisitorId visitor);

    /// <param name="project">Whose pending events to count.</param>
    [Alias("Describe")]
    Task<UserDescription> DescribeAsync(string project);
}

/// <summary>A visitor that belongs to a user.</summary>
[GenerateSerializer, Immutable, Alias("spid.linked-visitor")]
public sealed record LinkedVisitor
{
    [Id(0)] public required VisitorId VisitorId { get; init; }

    /// <summary>Milliseconds since the Unix epoch: this visitor's events carry <c>$user_id</c> exactly from here on.</summary>
    [Id(1)] public required long LinkedAtMs { get; init; }

    [Id(2)] public Tracking? Tracking { get; init; }

    /// <summary>A login or logout: carries both ids whatever its time, since it is what makes Mixpanel link them, and is never
    /// refused for a full lane.</summary>
    [Id(3)] public bool CarriesLogin { get; init; }

    /// <summary>What clients said of the visitor itself; null: nothing.</summary>
    [Id(4)] public TraitMap? Traits { get; init; }

    /// <summary>With the login that links: changes that waited for it, oldest first. They become the user's with the pending events,
    /// once, however often the login is repeated.</summary>
    [Id(5)] public ImmutableArray<HeldUpdate> HeldUpdates { get; init; } = [];

    /// <summary>The person has refused to be tracked in this browser.</summary>
    [Id(6)] public bool IsTrackingRefused { get; init; }

    /// <summary>The person has consented to be tracked in this browser.</summary>
    [Id(25)] public bool IsTrackingGranted { get; init; }
}

[GenerateSerializer, Immutable, Alias("spid.adopt-result")]
public sealed record AdoptResult
{
    [Id(0)] public required TrackOutcome Outcome { get; init; }

    /// <summary>Pending events that joined the user.</summary>
    [Id(1)] public int Merged { get; init; }
}

[GenerateSerializer, Immutable, Alias("spid.user-description")]
public sealed record UserDescription
{
    /// <summary>The newest 100 visitors linked to this user, newest first.</summary>
    [Id(0)] public ImmutableArray<VisitorId> Visitors { get; init; } = [];

    /// <summary>Accepted events of this user's lane that Mixpanel has not confirmed.</summary>
    [Id(1)] public int Pending { get; init; }

    [Id(2)] public UserProfile Profile { get; init; } = UserProfile.Empty;
}
