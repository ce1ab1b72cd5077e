using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Web.Browser;

namespace SpidOrleans.Web.Rest;

/// <summary>An answer of SPiD's REST API: one envelope around whatever is told. Written with the default encoder, which leaves nothing
/// that could end a script.</summary>
internal sealed class SpidContainer : IResult
{
    /// <summary>Nothing here is limited by the number of requests.</summary>
    private const int Unlimited = int.MaxValue;

    public required RestRoute Route { get; init; }

    public required string? UserId { get; init; }

    public required int Status { get; init; }

    /// <summary>What is told; null with an error.</summary>
    public IEnumerable<Trait>? Data { get; init; }

    public string? Error { get; init; }

    public int? RetryAfterSeconds { get; init; }

    /// <summary>JSONP; null: plain JSON.</summary>
    public string? Callback { get; init; }

    /// <summary>Of JSONP: pages of other sites may load it.</summary>
    public bool IsCrossSite { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        // A script of another status would not run.
        response.StatusCode = Callback is null ? Status : StatusCodes.Status200OK;
        if (Callback is null)
        {
            response.ContentType = "application/json";
            response.Headers.CacheControl = "no-store";
        }
        else
        {
            SessionScript.WriteHeaders(response.Headers, IsCrossSite);
        }

        if (RetryAfterSeconds is { } seconds) response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var json = Write();
        var body = Callback is null ? json : (byte[])[.. Encoding.ASCII.GetBytes($"/**/{Callback}("), .. json.Span, .. ");\n"u8];
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, httpContext.RequestAborted);
    }

    private ReadOnlyMemory<byte> Write()
    {
        var buffer = new ArrayBufferWriter<byte>(1_024);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        writer.WriteString("name", "SPP Container");
        writer.WriteString("version", "0.2");
        writer.WriteNumber("api", 2);
        writer.WriteString("object", "User");
        writer.WriteString("type", "element");
        writer.WriteNumber("code", Status);
        writer.WriteStartObject("request");
        writer.WriteNumber("reset", 0);
        writer.WriteNumber("limit", Unlimited);
        writer.WriteNumber("remaining", Unlimited);
        writer.WriteEndObject();
        WriteDebug(writer);
        writer.WriteNull("meta");
        WriteError(writer);
        WriteData(writer);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private void WriteDebug(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("debug");
        writer.WriteStartObject("route");
        writer.WriteString("name", Route.Name);
        writer.WriteString("url", Route.Url);
        writer.WriteString("controller", Route.Controller);
        writer.WriteEndObject();
        writer.WriteStartObject("params");
        writer.WriteStartArray("options");
        writer.WriteEndArray();
        writer.WriteStartObject("where");
        writer.WriteString("id", UserId);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WriteError(Utf8JsonWriter writer)
    {
        if (Error is null)
        {
            writer.WriteNull("error");
            return;
        }

        writer.WriteStartObject("error");
        writer.WriteNumber("code", Status);
        writer.WriteString("type", "ApiException");
        writer.WriteString("description", Error);
        writer.WriteEndObject();
    }

    private void WriteData(Utf8JsonWriter writer)
    {
        if (Data is null)
        {
            writer.WriteNull("data");
            return;
        }

        writer.WriteStartObject("data");
        foreach (var trait in Data)
        {
            writer.WritePropertyName(trait.Name);
            JsonElement.Parse(trait.Json!).WriteTo(writer);
        }

        writer.WriteEndObject();
    }
}

/// <summary>What the container says of the endpoint.</summary>
internal sealed record RestRoute(string Name, string Url, string Controller);
