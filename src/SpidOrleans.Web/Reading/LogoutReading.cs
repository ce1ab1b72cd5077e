using System.Diagnostics.CodeAnalysis;

namespace SpidOrleans.Web.Reading;

/// <summary>A logout, or what is wrong with it.</summary>
public sealed class LogoutReading
{
    public string? Ip { get; init; }

    public string? UserAgent { get; init; }

    /// <summary>By place, such as <c>ip</c>; null if all is well.</summary>
    public Dictionary<string, string[]>? Errors { get; init; }

    [MemberNotNullWhen(false, nameof(Errors))]
    public bool IsValid => Errors is null;
}
