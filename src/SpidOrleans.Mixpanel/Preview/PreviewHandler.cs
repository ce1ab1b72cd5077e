using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SpidOrleans.Mixpanel.Delivery;

namespace SpidOrleans.Mixpanel.Preview;

/// <summary>Answers Mixpanel's <c>/import</c>, <c>/engage</c>, <c>/groups</c> and its deletion API at wire level from a <see cref="PreviewProject"/>,
/// without a network.</summary>
public sealed class PreviewHandler(PreviewProject project) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await AnswerAsync(request, cancellationToken);
        return new HttpResponseMessage((HttpStatusCode)answer.StatusCode)
        {
            RequestMessage = request,
            Content = new ReadOnlyMemoryContent(answer.Json)
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            },
        };
    }

    private async Task<PreviewAnswer> AnswerAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri?.AbsolutePath.TrimEnd('/');
        if (path?.StartsWith(MixpanelDeletions.Path, StringComparison.Ordinal) == true) return PreviewAnswer.Deleted();
        if (path + "/" == MixpanelDeletions.Path) return await DeleteAsync(request, cancellationToken);
        if (path is not ("/import" or "/engage" or "/groups")) return PreviewAnswer.Elsewhere(404, "Not Found");
        if (request.Method != HttpMethod.Post) return PreviewAnswer.Elsewhere(405, "Method Not Allowed");
        // A change of a profile brings its token along.
        if (path == "/import" && !HasUser(request.Headers.Authorization)) return PreviewAnswer.Unauthorised();
        if (request.Content is not { } content) return PreviewAnswer.Malformed("request body is missing");
        if (path != "/import" && content.Headers.ContentEncoding.Count > 0) return PreviewAnswer.Malformed("request body must not be compressed");
        try
        {
            using var body = await ReadAsync(content, cancellationToken);
            var bytes = body.GetBuffer().AsSpan(0, (int)body.Length);
            return path == "/import" ? project.Import(bytes, MergeOf(request)) : path == "/engage" ? project.Engage(bytes) : project.ChangeGroups(bytes);
        }
        catch (InvalidDataException)
        {
            return PreviewAnswer.Malformed("request body is not gzip");
        }
    }

    private async Task<PreviewAnswer> DeleteAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method != HttpMethod.Post || request.Content is not { } content) return PreviewAnswer.Elsewhere(405, "Method Not Allowed");
        try
        {
            var body = JsonElement.Parse(await content.ReadAsByteArrayAsync(cancellationToken));
            project.Erase(body.GetProperty("distinct_ids").EnumerateArray().Select(id => id.GetString() ?? ""));
            return PreviewAnswer.Deleted();
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return PreviewAnswer.Malformed("distinct_ids must be a list of ids");
        }
    }

    /// <summary>At Mixpanel a setting of the project, which no request carries.</summary>
    private static IdMerge MergeOf(HttpRequestMessage request) =>
        request.Options.TryGetValue(MixpanelClient.ProjectOption, out var project) ? project.IdMerge : IdMerge.Simplified;

    /// <summary>Any token will do: there is one project.</summary>
    private static bool HasUser(AuthenticationHeaderValue? authorization)
    {
        if (authorization is not { Scheme: "Basic", Parameter: { } parameter }) return false;
        var bytes = new byte[parameter.Length];
        return Convert.TryFromBase64String(parameter, bytes, out var length)
            && Encoding.UTF8.GetString(bytes, 0, length).IndexOf(':', StringComparison.Ordinal) > 0;
    }

    /// <summary>Reads one byte beyond the limit at most: a few kilobytes of gzip can be gigabytes.</summary>
    private static async Task<MemoryStream> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        await using var raw = await content.ReadAsStreamAsync(cancellationToken);
        await using var plain = content.Headers.ContentEncoding.Contains("gzip")
            ? new GZipStream(raw, CompressionMode.Decompress)
            : raw;
        var body = new MemoryStream();
        var chunk = new byte[64 << 10];
        while (body.Length <= ImportLimits.RequestBytesMax)
        {
            var read = await plain.ReadAsync(chunk, cancellationToken);
            if (read == 0) break;
            body.Write(chunk, 0, read);
        }

        return body;
    }
}
