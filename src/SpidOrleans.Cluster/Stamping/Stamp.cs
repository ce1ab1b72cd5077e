using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Stamping;

/// <summary>What the server fixes at acceptance; it never changes after that.</summary>
internal readonly record struct Stamp
{
    public required long TimeMs { get; init; }

    public required string InsertId { get; init; }

    /// <summary>The visitor the event comes from; null when it names a user.</summary>
    public VisitorId? Device { get; init; }

    /// <summary>Null on a visitor's events from before the link.</summary>
    public UserId? User { get; init; }

    /// <summary>The event waits among its user's, even if it does not name the user.</summary>
    public bool IsOfUsersLane { get; init; }

    /// <summary>The project has Original ID Merge: the event names one id, its user's or else the visitor's.</summary>
    public bool IsOriginal { get; init; }

    /// <summary>Known only of a user.</summary>
    public UserProfile? Profile { get; init; }

    public Tracking? Tracking { get; init; }

    /// <summary>Of the sender; null: it says nothing of the person.</summary>
    public ClientTraits? Traits { get; init; }

    /// <summary>A linked visitor's event carries the user exactly if its time is not before the link's: a function of two
    /// times, so that an event resent after the login gets the stamp it had before.</summary>
    /// <param name="traits">The user's; the visitor's own leave with what it did before it was linked.</param>
    public static Stamp For(
        TrackedEvent e, long timeMs, UserId user, UserProfile profile, LinkedVisitor? visitor, ClientTraits? traits = null, ClientTraits? visitorsTraits = null,
        bool isOriginal = false)
    {
        var isUsers = visitor is null || visitor.CarriesLogin || timeMs >= visitor.LinkedAtMs;
        return new Stamp
        {
            TimeMs = timeMs,
            InsertId = e.InsertId ?? InsertIds.Mint(),
            Device = visitor?.VisitorId,
            User = isUsers ? user : null,
            IsOfUsersLane = true,
            IsOriginal = isOriginal,
            Profile = isUsers ? profile : null,
            Tracking = isUsers ? visitor?.Tracking : null,
            Traits = isUsers ? traits : visitorsTraits,
        };
    }

    public static Stamp For(TrackedEvent e, long timeMs, VisitorId visitor, ClientTraits? traits = null, bool isOriginal = false) => new()
    {
        TimeMs = timeMs,
        InsertId = e.InsertId ?? InsertIds.Mint(),
        Device = visitor,
        IsOriginal = isOriginal,
        Traits = traits,
    };
}
