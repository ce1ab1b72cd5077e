using System.Diagnostics.CodeAnalysis;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Web.Reading;

/// <summary>A profile, or what is wrong with it.</summary>
public sealed class ProfileReading
{
    /// <summary>Its null fields were not given. To be used only if <see cref="IsValid"/>.</summary>
    public required UserProfile Profile { get; init; }

    /// <summary>By place, such as <c>birthday</c>; null if all is well.</summary>
    public Dictionary<string, string[]>? Errors { get; init; }

    [MemberNotNullWhen(false, nameof(Errors))]
    public bool IsValid => Errors is null;
}
