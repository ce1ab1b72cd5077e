using System.Diagnostics.CodeAnalysis;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Web.Reading;

/// <summary>A sign-in or registration, or what is wrong with it. The rest is to be used only if <see cref="IsValid"/>.</summary>
public sealed class LoginReading
{
    public UserId UserId { get; init; }

    public long? TimeMs { get; init; }

    public string? InsertId { get; init; }

    public string? Ip { get; init; }

    public string? UserAgent { get; init; }

    /// <summary>A slice of the body; empty: none.</summary>
    public ReadOnlyMemory<byte> Properties { get; init; }

    /// <summary>Null if the body has none.</summary>
    public UserProfile? Profile { get; init; }

    /// <summary>Null if the body names neither trackingRef, tag nor flow.</summary>
    public Tracking? Tracking { get; init; }

    /// <summary>The person wants to stay signed in.</summary>
    public bool Remember { get; init; }

    /// <summary>By place, such as <c>profile.birthday</c>; null if all is well.</summary>
    public Dictionary<string, string[]>? Errors { get; init; }

    [MemberNotNullWhen(false, nameof(Errors))]
    public bool IsValid => Errors is null;

    /// <param name="name"><c>Login</c> or <c>Signup completed</c>.</param>
    public TrackedEvent ToEvent(string name) => new()
    {
        Name = name,
        TimeMs = TimeMs,
        InsertId = InsertId,
        Ip = Ip,
        UserAgent = UserAgent,
        Properties = Properties,
    };
}
