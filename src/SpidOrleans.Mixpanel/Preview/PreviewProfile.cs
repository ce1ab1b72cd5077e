using System.Text.Json.Nodes;

namespace SpidOrleans.Mixpanel.Preview;

/// <summary>A user's profile, as Mixpanel would show it.</summary>
/// <param name="DistinctId">Whose it is, as sent.</param>
/// <param name="Changes">How many changes arrived, repeats included.</param>
/// <param name="LastSeenAt">When a change last said that the person was there; null: never.</param>
public sealed record PreviewProfile(string DistinctId, JsonObject Properties, long Changes, DateTimeOffset? LastSeenAt);
