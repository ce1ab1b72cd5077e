using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Contracts.DeadLetters;

namespace SpidOrleans.Web.ClientApi;

/// <param name="DeadLetters">In the order in which Mixpanel refused them.</param>
/// <param name="Next">The cursor of the next page; absent: there is none. A page may be empty and have one.</param>
public sealed record DeadLettersAnswer(IReadOnlyList<DeadLetterAnswer> DeadLetters, string? Next);

/// <param name="Id">To address the letter by.</param>
/// <param name="VisitorId">Whose lane the event was in; absent where it was a user's.</param>
/// <param name="UserId">Whose lane the event was in; absent where it was a visitor's.</param>
/// <param name="Kind">event; profile for a change of a user's profile; group for one of a group's, which has neither id.</param>
/// <param name="Reason">What Mixpanel said.</param>
/// <param name="Attempts">How often Mixpanel has refused it.</param>
/// <param name="RefusedAt">Milliseconds since the Unix epoch.</param>
/// <param name="Time">The event's.</param>
/// <param name="Payload">What Mixpanel got, byte for byte.</param>
public sealed record DeadLetterAnswer(
    string Id, string? VisitorId, string? UserId, string Kind, string Reason, int Attempts, long RefusedAt, long Time, JsonObject Payload);

/// <param name="Count">How many letters were replayed or discarded.</param>
/// <param name="Next">The cursor to go on with; absent: none of the letters that were there at the first call is left.</param>
public sealed record DeadLetterChangeAnswer(int Count, string? Next);

/// <summary>Writes letters: their payloads as the bytes they are.</summary>
internal sealed class DeadLetterJson(Action<Utf8JsonWriter> write) : IResult
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static DeadLetterJson Of(DeadLetter letter) => new(writer => Write(writer, letter));

    public static DeadLetterJson Of(DeadLetterPage page) => new(writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartArray("deadLetters"u8);
        foreach (var letter in page.Letters) Write(writer, letter);
        writer.WriteEndArray();
        if (page.Next is { } next) writer.WriteString("next"u8, next.ToString());
        writer.WriteEndObject();
    });

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var buffer = new ArrayBufferWriter<byte>(4_096);
        using var writer = new Utf8JsonWriter(buffer, Options);
        write(writer);
        writer.Flush();
        var response = httpContext.Response;
        response.ContentType = "application/json";
        response.ContentLength = buffer.WrittenCount;
        response.Headers.CacheControl = "no-store";
        await response.Body.WriteAsync(buffer.WrittenMemory, httpContext.RequestAborted);
    }

    internal static void Write(Utf8JsonWriter writer, DeadLetter letter)
    {
        var id = letter.Identity[2..];
        writer.WriteStartObject();
        writer.WriteString("id"u8, letter.Id.ToString(CultureInfo.InvariantCulture));
        if (letter.Identity[0] != 'g') writer.WriteString(letter.Identity[0] == 'v' ? "visitorId"u8 : "userId"u8, id);
        writer.WriteString("kind"u8, letter.Identity[0] switch { 'p' => "profile"u8, 'g' => "group"u8, _ => "event"u8 });
        writer.WriteString("reason"u8, letter.Reason);
        writer.WriteNumber("attempts"u8, letter.Attempts);
        writer.WriteNumber("refusedAt"u8, letter.RefusedAtMs);
        writer.WriteNumber("time"u8, letter.TimeMs);
        writer.WritePropertyName("payload"u8);
        writer.WriteRawValue(letter.Payload.Span);
        writer.WriteEndObject();
    }
}
