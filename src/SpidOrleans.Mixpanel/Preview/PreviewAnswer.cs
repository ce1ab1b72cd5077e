using System.Buffers;
using System.Text.Json;

namespace SpidOrleans.Mixpanel.Preview;

/// <summary>An answer as Mixpanel words it.</summary>
/// <param name="Json">One JSON object in UTF-8.</param>
public sealed record PreviewAnswer(int StatusCode, ReadOnlyMemory<byte> Json)
{
    internal static PreviewAnswer Imported(int count) => Write(200, "OK", null, count, []);

    internal static PreviewAnswer PartlyFailed(int imported, IReadOnlyList<FailedRecord> failed) =>
        Write(400, "Bad Request", "some data points in the request failed validation", imported, failed);

    internal static PreviewAnswer Malformed(string error) => Write(400, "Bad Request", error, null, []);

    internal static PreviewAnswer Unauthorised() => Write(401, "Unauthorized", "Invalid credentials", null, []);

    internal static PreviewAnswer TooLarge(string limit) =>
        Write(413, "Request Entity Too Large", $"request exceeds max limit of {limit}", null, []);

    /// <summary>With verbose=1. The status is 200 whatever it says.</summary>
    /// <param name="error">Null: at least one change was good, which is all that is told.</param>
    internal static PreviewAnswer Engaged(string? error)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("error", error);
            json.WriteNumber("status", error is null ? 1 : 0);
            json.WriteEndObject();
        }

        return new PreviewAnswer(200, buffer.WrittenMemory);
    }

    /// <summary>Of the deletion API: done as soon as it is asked for.</summary>
    internal static PreviewAnswer Deleted() => new(200, """{"status":"ok","results":{"task_id":"preview","status":"SUCCESS"}}"""u8.ToArray());

    internal static PreviewAnswer Elsewhere(int status, string title) => Write(status, title, title, null, []);

    private static PreviewAnswer Write(
        int code, string status, string? error, int? imported, IReadOnlyList<FailedRecord> failed)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("code", code);
            if (error is not null) json.WriteString("error", error);
            if (failed.Count > 0) WriteFailed(json, failed);
            if (imported is { } count) json.WriteNumber("num_records_imported", count);
            json.WriteString("status", status);
            json.WriteEndObject();
        }

        return new PreviewAnswer(code, buffer.WrittenMemory);
    }

    private static void WriteFailed(Utf8JsonWriter json, IReadOnlyList<FailedRecord> failed)
    {
        json.WriteStartArray("failed_records");
        foreach (var record in failed)
        {
            json.WriteStartObject();
            json.WriteNumber("index", record.Index);
            json.WriteString("insert_id", record.InsertId);
            json.WriteString("field", record.Field);
            json.WriteString("message", record.Message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
