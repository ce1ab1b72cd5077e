using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace SpidOrleans.Web.Ingestion;

/// <summary>Words an outcome as Mixpanel does: each of its clients looks at another part of the answer.</summary>
internal static class IngestionAnswer
{
    /// <summary>Of a request's refused records, those that a text names.</summary>
    private const int NamedMax = 10;

    // Never run as a script or page: its type and nosniff forbid it. Where it is part of a script the default encoder writes it.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A GIF of one transparent pixel, in the usual 43 bytes.</summary>
    private static readonly byte[] Pixel = Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==");

    /// <summary>For <c>/track</c>, <c>/engage</c> and <c>/groups</c>: <c>1</c> if anything was taken, else <c>0</c>; with
    /// <c>verbose=1</c> as <c>{"status":1,"error":null}</c>, and why.</summary>
    public static Task WriteAsync(HttpContext context, IngestionParameters parameters, IngestionOutcome outcome)
    {
        var status = outcome.Accepted > 0 ? 1 : 0;
        if (parameters.WantsImage) return SendAsync(context, outcome, "image/gif", Pixel);
        var body = parameters.IsVerbose
            ? Json(writer =>
            {
                writer.WriteNumber("status", status);
                writer.WriteString("error", Reason(outcome));
            }, isScript: parameters.Callback is not null)
            : status == 1 ? "1"u8.ToArray() : "0"u8.ToArray();
        if (parameters.Callback is not { } callback) return SendAsync(context, outcome, "application/json", body);

        // A script with another status would not run. The comment keeps the name from being the body's first bytes.
        return SendAsync(context, outcome with { Status = StatusCodes.Status200OK }, "text/javascript; charset=utf-8",
            [.. "/**/"u8, .. Encoding.ASCII.GetBytes(callback), .. "("u8, .. body, .. ");"u8]);
    }

    /// <summary>For <c>/import</c>: JSON with the status in it; the refused records too if the request is strict.</summary>
    public static Task WriteImportAsync(HttpContext context, IngestionParameters parameters, IngestionOutcome outcome)
    {
        var isWhole = outcome.Error is null && (outcome.Failed.Count == 0 || (outcome.Accepted > 0 && !parameters.IsStrict));
        var status = isWhole ? outcome.Status : outcome.Status == StatusCodes.Status200OK ? StatusCodes.Status400BadRequest : outcome.Status;
        var body = Json(writer =>
        {
            writer.WriteNumber("code", status);
            if (outcome.Error is not null) writer.WriteString("error", outcome.Error);
            else if (!isWhole) writer.WriteString("error", "some data points in the request failed validation");
            if (outcome.Failed.Count > 0 && parameters.IsStrict) WriteFailed(writer, outcome.Failed);
            if (outcome.Error is null) writer.WriteNumber("num_records_imported", outcome.Accepted);
            if (isWhole && parameters.IsVerbose) writer.WriteNumber("status", 1);
            else writer.WriteString("status", isWhole ? "OK" : ReasonPhrases.GetReasonPhrase(status));
        }, isScript: false);
        return SendAsync(context, outcome with { Status = status }, "application/json", body);
    }

    private static void WriteFailed(Utf8JsonWriter writer, IReadOnlyList<FailedRecord> failed)
    {
        writer.WriteStartArray("failed_records");
        foreach (var record in failed)
        {
            writer.WriteStartObject();
            writer.WriteNumber("index", record.Index);
            writer.WriteString("insert_id", record.InsertId);
            writer.WriteString("field", record.Fault.Field);
            writer.WriteString("message", record.Fault.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string? Reason(IngestionOutcome outcome)
    {
        if (outcome.Error is not null || outcome.Failed.Count == 0) return outcome.Error;
        var named = outcome.Failed.Take(NamedMax).Select(record => string.Create(CultureInfo.InvariantCulture, $"[{record.Index}] {record.Fault.Message}"));
        return string.Join("; ", named) + (outcome.Failed.Count > NamedMax ? string.Create(CultureInfo.InvariantCulture, $"; and {outcome.Failed.Count - NamedMax} more") : "");
    }

    private static byte[] Json(Action<Utf8JsonWriter> writeMembers, bool isScript)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(buffer, isScript ? default : Readable);
        writer.WriteStartObject();
        writeMembers(writer);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static Task SendAsync(HttpContext context, IngestionOutcome outcome, string contentType, byte[] body)
    {
        var response = context.Response;
        response.StatusCode = outcome.Status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        if (outcome.RetryAfterSeconds is { } seconds) response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return response.Body.WriteAsync(body, CancellationToken.None).AsTask();
    }
}
