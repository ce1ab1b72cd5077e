using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace SpidOrleans.DeployTests.Observability;

/// <summary>Takes what is exported over OTLP (http/protobuf).</summary>
internal sealed class Collector : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _requests = new();

    private Collector(WebApplication app) => _app = app;

    public Uri Endpoint => new(_app.Urls.First());

    /// <summary>Trace and name of every span.</summary>
    public IEnumerable<(string Trace, string Name)> Spans => _requests.Where(request => request.Path == "/v1/traces").SelectMany(request => SpansOf(request.Body));

    /// <summary>Everything, as text.</summary>
    public string Text => string.Concat(_requests.Select(request => Encoding.Latin1.GetString(request.Body)));

    public string TextOfTraces => string.Concat(_requests.Where(request => request.Path == "/v1/traces").Select(request => Encoding.Latin1.GetString(request.Body)));

    public IEnumerable<string> Paths => _requests.Select(request => request.Path).Distinct();

    public static async Task<Collector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new Collector(builder.Build());
        collector._app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            collector._requests.Enqueue((context.Request.Path, body.ToArray()));
            context.Response.ContentType = "application/x-protobuf";
        });
        await collector._app.StartAsync();
        return collector;
    }

    public async Task UntilAsync(Func<Collector, bool> isSo)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!isSo(this))
        {
            if (limit.IsCancellationRequested) throw new TimeoutException($"It never came; paths: {string.Join(' ', Paths)}; spans: {string.Join(", ", Spans.Distinct())}");
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    // ExportTraceServiceRequest: resource_spans = 1 { scope_spans = 2 { spans = 2 { trace_id = 1, name = 5 } } }
    private static IEnumerable<(string Trace, string Name)> SpansOf(byte[] body) =>
        from resource in Fields(body, 1)
        from scope in Fields(resource, 2)
        from span in Fields(scope, 2)
        select (Convert.ToHexStringLower(Fields(span, 1).Single().Span), Encoding.UTF8.GetString(Fields(span, 5).Single().Span));

    /// <summary>The contents of a message's fields of this number, which have a length.</summary>
    private static List<ReadOnlyMemory<byte>> Fields(ReadOnlyMemory<byte> message, int number)
    {
        var found = new List<ReadOnlyMemory<byte>>();
        for (var at = 0; at < message.Length;)
        {
            var key = ReadVarint(message.Span, ref at);
            switch (key & 7)
            {
                case 0:
                    ReadVarint(message.Span, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    var length = (int)ReadVarint(message.Span, ref at);
                    if (key >> 3 == (ulong)number) found.Add(message.Slice(at, length));
                    at += length;
                    break;
            }
        }

        return found;
    }

    private static ulong ReadVarint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var one = bytes[at++];
            value |= (ulong)(one & 0x7F) << shift;
            if (one < 0x80) return value;
        }
    }
}
