using System.Net.Mime;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Admission;

/// <summary>A body, read whole into an array of its own that may live on in events; or why it was not read.</summary>
internal readonly record struct RequestBody(ReadOnlyMemory<byte> Bytes, Problem? Refusal)
{
    /// <summary>What is set aside on a mere promise of <c>Content-Length</c>; larger bodies must first arrive.</summary>
    private const int TrustedBytes = 256 << 10;

    /// <summary>Set aside first where no length was announced.</summary>
    private const int SmallBytes = 4_096;

    /// <summary>Reads JSON. Kestrel enforces <c>Limits:RequestBytes</c>.</summary>
    /// <param name="takesText">Also <c>text/plain</c>, which browsers send across origins without asking first.</param>
    public static ValueTask<RequestBody> ReadAsync(HttpContext context, bool takesText = false) =>
        ReadAsync(context, BodyLimits.Of(context), IsProven(context), takesText);

    /// <inheritdoc cref="ReadAsync(HttpContext, bool)"/>
    /// <param name="isProven">The request's credentials are a client's.</param>
    public static ValueTask<RequestBody> ReadAsync(HttpContext context, BodyLimits limits, bool isProven, bool takesText = false) =>
        IsAccepted(context.Request.ContentType, takesText)
            ? ReadPlainAsync(context, limits, isProven)
            : new(new RequestBody(default, Problem.UnsupportedMediaType(takesText ? "Send application/json or text/plain." : "Send application/json.")));

    /// <summary>Reads <c>application/x-www-form-urlencoded</c>, still encoded.</summary>
    public static ValueTask<RequestBody> ReadFormAsync(HttpContext context) =>
        MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
        && type.MediaType.Equals(MediaTypeNames.Application.FormUrlEncoded, StringComparison.OrdinalIgnoreCase)
            ? ReadPlainAsync(context, BodyLimits.Of(context), IsProven(context))
            : new(new RequestBody(default, Problem.UnsupportedMediaType("Send application/x-www-form-urlencoded.")));

    private static ValueTask<RequestBody> ReadPlainAsync(HttpContext context, BodyLimits limits, bool isProven) =>
        context.Request.Headers.ContentEncoding is { Count: > 0 } encoding && encoding != "identity"
            ? new(new RequestBody(default, Problem.UnsupportedMediaType("Send the body without Content-Encoding.")))
            : ReadBytesAsync(context, limits, isProven);

    /// <summary>Reads whatever it is, under whatever encoding.</summary>
    public static async ValueTask<RequestBody> ReadBytesAsync(HttpContext context, BodyLimits limits, bool isProven)
    {
        var request = context.Request;
        var expected = request.ContentLength ?? 0;
        if (request.ContentLength == 0) return new(ReadOnlyMemory<byte>.Empty, null);

        var share = limits.Budget.Open(context, isProven);
        var late = limits.Deadline.Begin();
        var bytes = Array.Empty<byte>();
        var length = 0;
        try
        {
            while (true)
            {
                if (length == bytes.Length)
                {
                    if (length > 0 && length == expected) return new(bytes, null);
                    var size = NextSize(length, expected);
                    if (!share.TryGrowTo(size)) return new(default, limits.RefuseBytes());
                    // Array.Resize copies; the final size is exact when the length was announced.
                    Array.Resize(ref bytes, size);
                }

                // Kestrel itself ends the read when the connection is gone.
                var read = await request.Body.ReadAsync(bytes.AsMemory(length), late);
                if (read == 0) return new(bytes.AsMemory(0, length), null);
                length += read;
            }
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            // The rest may still be under way and would be taken for the next request. HTTP/2 resets the stream instead.
            if (!HttpProtocol.IsHttp2(request.Protocol)) context.Response.Headers.Connection = "close";
            limits.Refusals.Count(RefusalReason.SlowBody);
            return new(default, Problem.Of(StatusCodes.Status408RequestTimeout));
        }
    }

    private static bool IsProven(HttpContext context) => context.Features.Get<Client>() is not null;

    private static int NextSize(int length, long expected) =>
        expected == 0 ? Math.Max(SmallBytes, length * 2) : (int)Math.Min(expected, Math.Max(TrustedBytes, length * 2L));

    private static bool IsAccepted(string? contentType, bool takesText)
    {
        // The two that practically every request has, without parsing.
        if (contentType is null or MediaTypeNames.Application.Json) return true;
        if (!MediaTypeHeaderValue.TryParse(contentType, out var parsed)) return false;
        if (parsed.Charset is { HasValue: true } charset && !charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            && !charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase)) return false;
        return parsed.MediaType.Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase)
            || (takesText && parsed.MediaType.Equals(MediaTypeNames.Text.Plain, StringComparison.OrdinalIgnoreCase));
    }
}
