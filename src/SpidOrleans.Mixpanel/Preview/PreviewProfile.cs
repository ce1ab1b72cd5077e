using System.Text.Json.Nodes;

namespace SpidOrleans.Mixpanel.Preview;

/// <summary>A user's or group's profile, as Mixpanel would show it.</summary>
/// <param name="DistinctId">Whose it is, as sent: the user's id, or the group's.</param>
/// <param name="Changes">How many changes arrived, repeats included.</param>
/// <param name="LastSeenAt">When a change last said that the person was there; null: never.</param>
public sealed record PreviewProfile(string DistinctId, JsonObject Properties, long Changes, DateTimeOffset? LastSeenAt)
{
    /// <summary>Such as <c>company</c>; null: a user's.</summary>
    public string? GroupKey { get; init; }
}
