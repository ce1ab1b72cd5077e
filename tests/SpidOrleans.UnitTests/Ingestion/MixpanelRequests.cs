using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using SpidOrleans.UnitTests.Web;
using Xunit;

namespace SpidOrleans.UnitTests.Ingestion;

/// <summary>Requests as Mixpanel's clients write them, to a host where the client <c>news</c> has the project token <c>t1</c>.</summary>
internal static class MixpanelRequests
{
    public const string Visitor = "7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01";
    public const string OwnDevice = "9c1a2b9e-5d3e-4b44-8f43-0d6a3e5d6a02";
    public const string Secret = "news:news-secret";

    public static readonly (string, string) Page = ("Origin", WebHostFixture.PageOrigin);

    /// <summary>An event of the visitor, unless told otherwise.</summary>
    public static string Event(string more = "", string name = "e1", string ids = $"\"distinct_id\":\"{Visitor}\"", string token = "\"token\":\"t1\"") =>
        $"{{\"event\":\"{name}\",\"properties\":{{{string.Join(",", new[] { token, ids, more }.Where(part => part.Length > 0))}}}}}";

    public static HttpContent Json(string json) => new StringContent(json, Encoding.UTF8, "application/json");

    public static HttpContent Text(string text, string contentType = "text/plain") => new StringContent(text, Encoding.UTF8, contentType);

    public static string Base64(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json));

    /// <summary>As browsers do: percent-encoded, blanks too.</summary>
    public static HttpContent Form(string data, string more = "") =>
        Text("data=" + Uri.EscapeDataString(data) + more, "application/x-www-form-urlencoded");

    public static HttpContent Zipped(string text, string contentType = "application/json")
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest)) gzip.Write(Encoding.UTF8.GetBytes(text));
        var content = new ByteArrayContent(buffer.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        content.Headers.ContentEncoding.Add("gzip");
        return content;
    }

    public static (string, string) Basic(string credentials) => ("Authorization", "Basic " + Base64(credentials));

    public static Task<HttpResponseMessage> PostAsync(this WebHostFixture host, string path, HttpContent content, params (string, string)[] headers) =>
        host.BrowseAsync(HttpMethod.Post, path, content, headers);

    public static async Task<string> TextAsync(this Task<HttpResponseMessage> answer)
    {
        using var response = await answer;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>The grain calls that store events, by their addressee.</summary>
    public static IEnumerable<(string Key, string Event)> Tracked(this WebHostFixture host) =>
        host.Grains.Calls.Where(call => call.Method == "Track").SelectMany(call => call.Events.Select(tracked => (call.Key, tracked.Name)));
}
