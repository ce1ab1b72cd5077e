using System.Collections.Immutable;
using SpidOrleans.Contracts.Events;
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
    /// the login event. Repeating the call changes nothing and answers the same number.</summary>
    [Alias("Adopt")]
    Task<AdoptResult> AdoptAsync(LinkedVisitor visitor, LoginRequest login);

    /// <summary>Takes over the fields that <paramref name="profile"/> knows; they leave with every later event.</summary>
    [Alias("SetProfile")]
    Task SetProfileAsync(UserProfile profile);

    /// <summary>What is known of the user.</summary>
    [Alias("GetProfile")]
    Task<UserProfile> GetProfileAsync();

    /// <summary>What a browser is told in which this user is signed in.</summary>
    [Alias("GetAccount")]
    Task<UserAccount> GetAccountAsync();

    /// <summary>The user accepts the terms of this client, and with it SPiD's own. A repeat changes nothing.</summary>
    [Alias("AcceptAgreement")]
    Task AcceptAgreementAsync(string clientId);

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
