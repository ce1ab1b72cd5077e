using System.IO.Compression;
using System.Text;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Browser;

namespace SpidOrleans.Web.Ingestion;

/// <summary>A request's parameters and its records as JSON; or why there are none.</summary>
/// <param name="IsForm">The records came as <c>data</c>: from a client that expects a bare <c>1</c> of <c>/import</c> too.</param>
internal sealed record IngestionPayload(IngestionParameters Parameters, ReadOnlyMemory<byte> Json, bool IsForm, IngestionOutcome? Refusal)
{
    public const string DataRule = "data, must be JSON or base64 of JSON";
    public const string CallbackRule = "callback, must be 1 to 64 of A-Z, a-z, 0-9, '_' and '$', not beginning with a digit";
    public const string EncodingRule = "Content-Encoding, must be gzip or absent";

    /// <param name="bytesMax">Of the body, as it comes and uncompressed.</param>
    /// <param name="isProven">The request's header proves a client.</param>
    public static async ValueTask<IngestionPayload> ReadAsync(HttpContext context, BodyLimits limits, int bytesMax, bool isProven)
    {
        var parameters = new IngestionParameters();
        var query = context.Request.QueryString.Value;
        if (query is { Length: > 1 }) parameters.Add(Encoding.UTF8.GetBytes(query, 1, query.Length - 1));
        if (HttpMethods.IsPost(context.Request.Method))
        {
            var (body, refusal) = await ReadBodyAsync(context, limits, bytesMax, isProven);
            if (refusal is not null) return new IngestionPayload(parameters.WithoutCallback(), default, false, refusal);
            // Some say text/plain and send a form, some say that it is a form and send JSON: the first character tells.
            if (PayloadText.IsJson(body.Span)) return Of(parameters, body, isForm: false);
            parameters.Add(body);
        }

        if (parameters.Data is not { IsEmpty: false } data) return Refused(parameters, RecordList.EmptyRule);
        return PayloadText.TryDecode(data.Span, out var json) ? Of(parameters, json, isForm: true) : Refused(parameters, DataRule);
    }

    private static IngestionPayload Of(IngestionParameters parameters, ReadOnlyMemory<byte> json, bool isForm) =>
        parameters.Callback is { } callback && !SessionScript.Callback.IsMatch(callback)
            ? new IngestionPayload(parameters.WithoutCallback(), default, isForm, IngestionOutcome.Refused(CallbackRule, StatusCodes.Status400BadRequest))
            : new IngestionPayload(parameters, Utf8.IsValid(json.Span) ? json : SurrogateBytes.Mend(json.Span), isForm, null);

    private static IngestionPayload Refused(IngestionParameters parameters, string rule) =>
        Of(parameters, default, isForm: true) is { Refusal: not null } refused ? refused
        : new IngestionPayload(parameters, default, true, IngestionOutcome.Refused(rule));

    private static async ValueTask<(ReadOnlyMemory<byte> Body, IngestionOutcome? Refusal)> ReadBodyAsync(HttpContext context, BodyLimits limits, int bytesMax, bool isProven)
    {
        var encoding = context.Request.Headers.ContentEncoding.ToString();
        var isZipped = encoding.Equals("gzip", StringComparison.OrdinalIgnoreCase);
        if (!isZipped && encoding is not ("" or "identity")) return (default, IngestionOutcome.Refused(EncodingRule, StatusCodes.Status415UnsupportedMediaType));
        try
        {
            var body = await RequestBody.ReadBytesAsync(context, limits, isProven);
            if (body.Refusal is not null) return (default, IngestionOutcome.Of(body.Refusal));
            return isZipped ? await UnzipAsync(context, limits, body.Bytes, bytesMax, isProven) : (body.Bytes, null);
        }
        catch (BadHttpRequestException exception)
        {
            return (default, IngestionOutcome.Of(Problem.Of(exception.StatusCode)));
        }
    }

    /// <summary>A few kilobytes of gzip can be gigabytes: reads one byte beyond the limit at most.</summary>
    private static async ValueTask<(ReadOnlyMemory<byte>, IngestionOutcome?)> UnzipAsync(HttpContext context, BodyLimits limits, ReadOnlyMemory<byte> zipped, int bytesMax, bool isProven)
    {
        var share = limits.Budget.Open(context, isProven);
        try
        {
            await using var gzip = new GZipStream(new MemoryStream(zipped.ToArray(), writable: false), CompressionMode.Decompress);
            var plain = Array.Empty<byte>();
            var length = 0;
            while (true)
            {
                if (length > bytesMax) return (default, IngestionOutcome.Of(Problem.Of(StatusCodes.Status413PayloadTooLarge)));
                if (length == plain.Length)
                {
                    var size = Math.Min(Math.Max(zipped.Length * 4, length * 2), bytesMax + 1);
                    if (!share.TryGrowTo(size)) return (default, IngestionOutcome.Of(limits.RefuseBytes()));
                    Array.Resize(ref plain, size);
                }

                var read = await gzip.ReadAsync(plain.AsMemory(length), CancellationToken.None);
                if (read == 0) return (plain.AsMemory(0, length), null);
                length += read;
            }
        }
        catch (InvalidDataException)
        {
            return (default, IngestionOutcome.Refused("data, is not gzip though Content-Encoding says so", StatusCodes.Status400BadRequest));
        }
    }
}
