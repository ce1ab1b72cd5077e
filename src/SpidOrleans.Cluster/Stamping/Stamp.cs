using SpidOrleans.Contracts.Events;
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

    /// <summary>Known only of a user.</summary>
    public UserProfile? Profile { get; init; }

    public Tracking? Tracking { get; init; }

    /// <summary>A linked visitor's event carries the user exactly if its time is not before the link's: a function of two
    /// times, so that an event resent after the login gets the stamp it had before.</summary>
    public static Stamp For(TrackedEvent e, long timeMs, UserId user, UserProfile profile, LinkedVisitor? visitor)
    {
        var isUsers = visitor is null || visitor.CarriesLogin || timeMs >= visitor.LinkedAtMs;
        return new Stamp
        {
            TimeMs = timeMs,
            InsertId = e.InsertId ?? InsertIds.Mint(),
            Device = visitor?.VisitorId,
            User = isUsers ? user : null,
            Profile = isUsers ? profile : null,
            Tracking = isUsers ? visitor?.Tracking : null,
        };
    }

    public static Stamp For(TrackedEvent e, long timeMs, VisitorId visitor) => new()
    {
        TimeMs = timeMs,
        InsertId = e.InsertId ?? InsertIds.Mint(),
        Device = visitor,
    };
}
