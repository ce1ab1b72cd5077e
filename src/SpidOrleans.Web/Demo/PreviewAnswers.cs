using System.Text.Json;
using System.Text.Json.Serialization;
using SpidOrleans.Mixpanel.Preview;

namespace SpidOrleans.Web.Demo;

/// <param name="Version">Another number after every change.</param>
/// <param name="Events">Newest last.</param>
internal sealed record PreviewAnswer(long Version, IEnumerable<PreviewEventAnswer> Events);

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
