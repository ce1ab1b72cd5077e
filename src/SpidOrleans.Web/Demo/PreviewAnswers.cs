using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SpidOrleans.Mixpanel.Preview;

namespace SpidOrleans.Web.Demo;

/// <param name="Version">Another number after every change.</param>
/// <param name="Events">Newest last.</param>
/// <param name="Profiles">Changed last, last.</param>
internal sealed record PreviewAnswer(long Version, IEnumerable<PreviewEventAnswer> Events, IEnumerable<PreviewProfileAnswer> Profiles);

/// <param name="DistinctId">The user id, or the group's.</param>
/// <param name="GroupKey">Null: a user's.</param>
internal sealed record PreviewProfileAnswer(string DistinctId, string? GroupKey, JsonObject Properties, long Changes, DateTimeOffset? LastSeenAt)
{
    public static PreviewProfileAnswer From(PreviewProfile shown) => new(shown.DistinctId, shown.GroupKey, shown.Properties, shown.Changes, shown.LastSeenAt);
}

internal sealed record PreviewEventAnswer(
    long Sequence, string Event, long Time, string InsertId, string? DeviceId, string? UserId, string Person, int Copies,
    JsonElement Properties, DateTimeOffset ArrivedAt, string? IdentityFailure)
{
    public static PreviewEventAnswer From(PreviewEvent shown) => new(
        shown.Sequence, shown.Event, shown.TimeMs, shown.InsertId, shown.DeviceId, shown.UserId, shown.Person, shown.Copies,
        shown.Properties, shown.ArrivedAt, shown.IdentityFailure);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PreviewAnswer))]
internal sealed partial class PreviewJson : JsonSerializerContext;
