using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Benchmarks.Running;

namespace SpidOrleans.Benchmarks.Sink;

/// <summary>Mixpanel at the lowest cost: counts the events of each <c>/import</c> and says so, takes whatever comes to <c>/engage</c>; <c>GET /</c> answers the sum.</summary>
internal static class SinkServer
{
    private static long _events;

    public static async Task<int> RunAsync(int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        await using var server = builder.Build();
        server.Run(HandleAsync);
        await server.StartAsync();
        await ChildLife.UntilParentIsGoneAsync();
        return 0;
    }

    private static async Task HandleAsync(HttpContext context)
    {
        if (context.Request.Path == "/engage" || context.Request.Path == "/groups")
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            await WriteAsync(context, """{"status":1,"error":null}""");
            return;
        }

        if (context.Request.Path != "/import")
        {
            await WriteAsync(context, Interlocked.Read(ref _events).ToString(CultureInfo.InvariantCulture));
            return;
        }

        using var json = new MemoryStream();
        await using (var unpacked = new GZipStream(context.Request.Body, CompressionMode.Decompress))
            await unpacked.CopyToAsync(json, context.RequestAborted);
        var count = Count(json.GetBuffer().AsSpan(0, (int)json.Length));
        Interlocked.Add(ref _events, count);
        await WriteAsync(context, $$"""{"code":200,"num_records_imported":{{count}},"status":"OK"}""");
    }

    private static int Count(ReadOnlySpan<byte> array)
    {
        var reader = new Utf8JsonReader(array);
        var count = 0;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            count++;
            reader.Skip();
        }

        return count;
    }

    private static Task WriteAsync(HttpContext context, string body)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body), context.RequestAborted).AsTask();
    }
}
