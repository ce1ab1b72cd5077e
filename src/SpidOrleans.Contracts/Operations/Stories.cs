using System.Collections.Immutable;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Contracts.Operations;

/// <summary>What is stored of a visitor, without anything that proves who somebody is.</summary>
[GenerateSerializer, Immutable, Alias("spid.visitor-story")]
public sealed record VisitorStory
{
    [Id(0)] public required VisitorId Id { get; init; }

    /// <summary>False: nothing is stored, as of every visitor that was never signed in or out. That is no fault.</summary>
    [Id(1)] public bool IsStored { get; init; }

    [Id(2)] public bool IsErased { get; init; }

    [Id(3)] public UserId? User { get; init; }

    /// <summary>Events from then on name the user; milliseconds since the Unix epoch.</summary>
    [Id(4)] public long? LinkedAtMs { get; init; }

    /// <summary>How it came to the link; null: a former version did not write that down.</summary>
    [Id(5)] public LinkCause? Cause { get; init; }

    /// <summary>The link is decided, its pending events have not moved yet.</summary>
    [Id(6)] public bool IsMerging { get; init; }

    /// <summary>Until when the session is good unless it is used; null: nobody is signed in.</summary>
    [Id(7)] public DateTimeOffset? SessionUntil { get; init; }

    /// <summary>A browser has come for that session.</summary>
    [Id(8)] public bool IsBound { get; init; }

    [Id(9)] public DateTimeOffset? RememberUntil { get; init; }

    /// <summary>What the browser is now.</summary>
    [Id(10)] public VisitorId? Successor { get; init; }

    [Id(11)] public long? RetiredAtMs { get; init; }

    /// <summary>It was retired by a logout; false: by another person's login.</summary>
    [Id(12)] public bool IsLoggedOut { get; init; }

    [Id(13)] public bool IsTrackingRefused { get; init; }

    [Id(14)] public TraitMap? Traits { get; init; }

    /// <summary>Changes of a profile that wait for a login.</summary>
    [Id(15)] public int HeldUpdates { get; init; }

    /// <summary>Since when anything is stored; null: a former version did not write that down.</summary>
    [Id(16)] public long? StoredSinceMs { get; init; }
}

/// <summary>What made a link.</summary>
/// <param name="Event">The login event's name.</param>
/// <param name="Client">Whose site or back end it was.</param>
/// <param name="AtMs">By the silo's clock; milliseconds since the Unix epoch.</param>
/// <param name="FromBrowser">The browser itself signed in; false: a client's back end said so.</param>
[GenerateSerializer, Immutable, Alias("spid.link-cause")]
public sealed record LinkCause([property: Id(0)] string Event, [property: Id(1)] string Client, [property: Id(2)] long AtMs, [property: Id(3)] bool FromBrowser);

/// <summary>What is stored of a user.</summary>
[GenerateSerializer, Immutable, Alias("spid.user-story")]
public sealed record UserStory
{
    [Id(0)] public required UserId Id { get; init; }

    [Id(1)] public bool IsStored { get; init; }

    [Id(2)] public bool IsErased { get; init; }

    [Id(3)] public UserProfile Profile { get; init; } = UserProfile.Empty;

    /// <summary>The newest, newest first.</summary>
    [Id(4)] public ImmutableArray<VisitorId> Visitors { get; init; } = [];

    [Id(5)] public TraitMap? Traits { get; init; }

    [Id(6)] public bool IsTrackingRefused { get; init; }

    [Id(7)] public ImmutableArray<string> Agreements { get; init; } = [];
}

/// <summary>An event, or a change of a profile, that Mixpanel has not confirmed.</summary>
/// <param name="Identity">Whose lane it waits in.</param>
/// <param name="Payload">One JSON object in UTF-8, as it is going to be sent.</param>
public sealed record PendingEvent(string Project, int Shard, string Identity, long Position, ReadOnlyMemory<byte> Payload);

/// <summary>What waits.</summary>
public sealed record PendingReport
{
    /// <summary>At most <see cref="OperationsLimits.PendingShown"/>, oldest first.</summary>
    public ImmutableArray<PendingEvent> Events { get; init; } = [];

    /// <summary>How many there are; null: not counted.</summary>
    public int? Count { get; init; }

    /// <summary>Not everything was looked at.</summary>
    public bool IsCut { get; init; }

    /// <summary>The database did not answer.</summary>
    public bool IsUnavailable { get; init; }
}
