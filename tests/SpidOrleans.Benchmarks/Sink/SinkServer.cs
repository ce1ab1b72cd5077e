using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Benchmarks.Running;

namespace SpidOrleans.Benchmarks.Sink;

/// <summary>Mixpanel at the lowest cost: counts the events of each <c>/import</c> and says so, takes whatever comes to <c>/engage</c>; <c>GET /</c> answers the sum.</summary>
internal static class SinkServer
{
    private const int BufferBytes = 64 << 10;

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

        var count = await CountAsync(context.Request.Body, context.RequestAborted);
        Interlocked.Add(ref _events, count);
        await WriteAsync(context, $$"""{"code":200,"num_records_imported":{{count}},"status":"OK"}""");
    }

    private static async Task<int> CountAsync(Stream body, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var count = new ObjectCount();
            await using var unpacked = new GZipStream(body, CompressionMode.Decompress);
            while (await unpacked.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken) is > 0 and var read) count.Add(buffer.AsSpan(0, read));
            return count.Result;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static Task WriteAsync(HttpContext context, string body)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body), context.RequestAborted).AsTask();
    }
}
