using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace SpidOrleans.Web.Admission;

/// <summary>A refusal as RFC 9457 tells it, whatever the caller says it accepts.</summary>
public sealed class Problem : IResult
{
    public const string ContentType = "application/problem+json";

    /// <summary>A full lane drains within moments once Mixpanel answers again.</summary>
    private const int BusyRetrySeconds = 2;

    private const int UnavailableRetrySeconds = 1;

    // Nobody runs a problem as a script or page: its type and nosniff forbid it.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private byte[]? _body;

    public required int Status { get; init; }

    public required string Detail { get; init; }

    /// <summary>What is wrong, by place.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    public int? RetryAfterSeconds { get; init; }

    public static Problem Invalid(IReadOnlyDictionary<string, string[]> errors) =>
        new() { Status = StatusCodes.Status400BadRequest, Detail = "Nothing was stored: see the errors.", Errors = errors };

    public static Problem Invalid(string place, string error) => Invalid(new Dictionary<string, string[]> { [place] = [error] });

    public static Problem Forbidden(string detail) => new() { Status = StatusCodes.Status403Forbidden, Detail = detail };

    public static Problem Unauthorized(string detail) => new() { Status = StatusCodes.Status401Unauthorized, Detail = detail };

    public static Problem TooLarge(string detail) => new() { Status = StatusCodes.Status413PayloadTooLarge, Detail = detail };

    public static Problem UnsupportedMediaType(string detail) =>
        new() { Status = StatusCodes.Status415UnsupportedMediaType, Detail = detail };

    public static Problem TooManyRequests(string detail, int? retryAfterSeconds = null) => new()
    {
        Status = StatusCodes.Status429TooManyRequests,
        Detail = detail,
        RetryAfterSeconds = retryAfterSeconds ?? BusyRetrySeconds,
    };

    public static Problem Unavailable() => new()
    {
        Status = StatusCodes.Status503ServiceUnavailable,
        Detail = "Not confirmed: some of it may be stored. Send the same again later.",
        RetryAfterSeconds = UnavailableRetrySeconds,
    };

    /// <summary>Refused before anything was looked at.</summary>
    public static Problem Busy(string detail) => new()
    {
        Status = StatusCodes.Status503ServiceUnavailable,
        Detail = detail,
        RetryAfterSeconds = UnavailableRetrySeconds,
    };

    /// <summary>The answer for a status that a part of ASP.NET has set without a body.</summary>
    public static Problem Of(int status) => new()
    {
        Status = status,
        Detail = status switch
        {
            StatusCodes.Status401Unauthorized => "Send the client's id and secret by HTTP Basic, or an access token of /oauth/token as Bearer.",
            StatusCodes.Status403Forbidden => "This client may not do that.",
            StatusCodes.Status404NotFound => "Nothing is served here.",
            StatusCodes.Status405MethodNotAllowed => "This path takes other methods: see the header Allow.",
            StatusCodes.Status408RequestTimeout => "The body came too slowly.",
            StatusCodes.Status413PayloadTooLarge => "The body is larger than this path takes.",
            StatusCodes.Status415UnsupportedMediaType => "Send application/json.",
            StatusCodes.Status503ServiceUnavailable => "Try again later.",
            _ => "The request could not be served.",
        },
    };

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-store";
        if (RetryAfterSeconds is { } seconds) response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        // Some are made once, and told to many.
        var body = _body ??= Write().ToArray();
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(httpContext.Request.Method)) await response.Body.WriteAsync(body, httpContext.RequestAborted);
    }

    private ReadOnlySpan<byte> Write()
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(buffer, Readable);
        writer.WriteStartObject();
        writer.WriteString("type", "about:blank");
        writer.WriteString("title", ReasonPhrases.GetReasonPhrase(Status));
        writer.WriteNumber("status", Status);
        writer.WriteString("detail", Detail);
        if (Errors is not null)
        {
            writer.WriteStartObject("errors");
            foreach (var (place, messages) in Errors)
            {
                writer.WriteStartArray(place);
                foreach (var message in messages) writer.WriteStringValue(message);
                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan;
    }
}
