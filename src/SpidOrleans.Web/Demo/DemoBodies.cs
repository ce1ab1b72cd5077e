using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Admission;

namespace SpidOrleans.Web.Demo;

internal sealed record DemoLogin(string? UserId, bool Registration = false);

internal sealed record DemoTrack(string? Event);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DemoLogin))]
[JsonSerializable(typeof(DemoTrack))]
internal sealed partial class DemoJson : JsonSerializerContext
{
    /// <summary>The body, or why there is none.</summary>
    public static async Task<(T? Body, Problem? Refusal)> ReadAsync<T>(HttpContext context) where T : class
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Refusal is not null) return (null, body.Refusal);
        try
        {
            var read = (T?)JsonSerializer.Deserialize(body.Bytes.Span, typeof(T), Default);
            return read is null ? (null, Problem.Invalid("$", "must be an object")) : (read, null);
        }
        catch (JsonException exception)
        {
            return (null, Problem.Invalid(exception.Path ?? "$", "is not the JSON that is expected here"));
        }
    }
}
