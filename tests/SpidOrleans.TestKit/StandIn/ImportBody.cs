using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SpidOrleans.TestKit.StandIn;

/// <summary>An /import body: what is in it and what Mixpanel would refuse of it.</summary>
internal sealed partial class ImportBody
{
    public const int EventsMax = 2_000;
    public const int BytesMax = 10 * 1024 * 1024;

    public required IReadOnlyList<Item> Items { get; init; }

    /// <param name="Arrival">Without its sequence; null if the record cannot be stored.</param>
    /// <param name="Refusal">Field and message; null if Mixpanel would take it.</param>
    public sealed record Item(Arrival? Arrival, string? InsertId, (string Field, string Message)? Refusal);

    /// <returns>Null if the body is larger than Mixpanel takes.</returns>
    public static async Task<byte[]?> ReadAsync(Stream body, bool gzip, CancellationToken cancellationToken)
    {
        await using var unpacked = gzip ? new GZipStream(body, CompressionMode.Decompress) : body;
        using var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await unpacked.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (bytes.Length + read > BytesMax) return null;
            bytes.Write(buffer, 0, read);
        }

        return bytes.ToArray();
    }

    /// <exception cref="JsonException">Not a JSON array.</exception>
    public static ImportBody Parse(byte[] json, string token, long request, Func<Arrival, string?>? poison)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Array) throw new JsonException("not an array");
        return new ImportBody
        {
            Items = [.. document.RootElement.EnumerateArray().Select(record => Read(record, token, request, poison))],
        };
    }

    private static Item Read(JsonElement record, string token, long request, Func<Arrival, string?>? poison)
    {
        if (record.ValueKind != JsonValueKind.Object) return new Item(null, null, ("", "not an object"));
        if (!record.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object)
            return new Item(null, null, ("properties", "'properties' must not be missing"));
        var insertId = Text(properties, "$insert_id");
        if (Text(record, "event") is not { } name || string.IsNullOrWhiteSpace(name))
            return new Item(null, insertId, ("event", "'event' must not be missing or blank"));
        if (!properties.TryGetProperty("time", out var time) || time.ValueKind != JsonValueKind.Number)
            return new Item(null, insertId, ("properties.time", "'properties.time' is invalid: must be specified as seconds or milliseconds since epoch"));
        if (insertId is null || !InsertIdPattern().IsMatch(insertId))
            return new Item(null, insertId, ("$insert_id", "'$insert_id' is invalid: must only contain alphanumeric or hyphen '-' characters"));

        var arrival = new Arrival
        {
            Sequence = 0,
            Request = request,
            Token = token,
            Event = name,
            DeviceId = Text(properties, "$device_id"),
            UserId = Text(properties, "$user_id"),
            SentDistinctId = Text(properties, "distinct_id"),
            Time = time.GetRawText(),
            InsertId = insertId,
            Marker = Text(properties, "n") ?? name,
            Json = record.GetRawText(),
        };
        if (string.IsNullOrEmpty(arrival.DistinctId))
            return new Item(null, insertId, ("properties.distinct_id", "'properties.distinct_id' must not be missing or blank"));
        return poison?.Invoke(arrival) is { } message
            ? new Item(arrival, insertId, ("properties", message))
            : new Item(arrival, insertId, null);
    }

    private static string? Text(JsonElement parent, string name) =>
        !parent.TryGetProperty(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : value.ValueKind == JsonValueKind.Number ? value.GetRawText()
        : null;

    /// <summary>Mixpanel's answer, in the schema's spelling.</summary>
    public byte[] Answer()
    {
        var stored = Items.Count(item => item.Refusal is null);
        object answer = stored == Items.Count
            ? new { code = 200, num_records_imported = stored, status = "OK" }
            : new
            {
                code = 400,
                error = "some data points in the request failed validation",
                failed_records = Items.Index().Where(pair => pair.Item.Refusal is not null).Select(pair => new
                {
                    index = pair.Index,
                    insert_id = pair.Item.InsertId,
                    field = pair.Item.Refusal!.Value.Field,
                    message = pair.Item.Refusal!.Value.Message,
                }),
                num_records_imported = stored,
                status = "Bad Request",
            };
        return Encoding.UTF8.GetBytes(JsonSerializer.Serialize(answer));
    }

    [GeneratedRegex("^[A-Za-z0-9-]{1,36}$")]
    private static partial Regex InsertIdPattern();
}
