using System.Net.Mime;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace SpidOrleans.Web.Admission;

/// <summary>A body, read whole into an array of its own that may live on in events; or why it was not read.</summary>
internal readonly record struct RequestBody(ReadOnlyMemory<byte> Bytes, Problem? Refusal)
{
    /// <summary>What is set aside on a mere promise of <c>Content-Length</c>; larger bodies must first arrive.</summary>
    private const int TrustedBytes = 256 << 10;

    /// <summary>Reads JSON. Kestrel enforces <c>Limits:RequestBytes</c>.</summary>
    /// <param name="takesText">Also <c>text/plain</c>, which browsers send across origins without asking first.</param>
    public static async ValueTask<RequestBody> ReadAsync(HttpContext context, bool takesText = false)
    {
        var request = context.Request;
        if (!IsAccepted(request.ContentType, takesText))
            return new(default, Problem.UnsupportedMediaType(takesText ? "Send application/json or text/plain." : "Send application/json."));
        if (request.Headers.ContentEncoding is { Count: > 0 } encoding && encoding != "identity")
            return new(default, Problem.UnsupportedMediaType("Send the body without Content-Encoding."));

        var expected = request.ContentLength ?? 0;
        var bytes = expected == 0 ? [] : GC.AllocateUninitializedArray<byte>((int)Math.Min(expected, TrustedBytes));
        var length = 0;
        while (true)
        {
            if (length == bytes.Length)
            {
                if (length > 0 && length == expected) return new(bytes, null);
                // Array.Resize copies; the final size is exact when the length was announced.
                var next = Math.Max(4_096, bytes.Length * 2);
                Array.Resize(ref bytes, expected > 0 ? (int)Math.Min(next, expected) : next);
            }

            var read = await request.Body.ReadAsync(bytes.AsMemory(length), context.RequestAborted);
            if (read == 0) return new(bytes.AsMemory(0, length), null);
            length += read;
        }
    }

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
