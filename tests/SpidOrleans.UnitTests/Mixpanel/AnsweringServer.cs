using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SpidOrleans.UnitTests.Mixpanel;

/// <summary>A real listener that records what arrives and answers as it is told.</summary>
public sealed class AnsweringServer : IAsyncDisposable
{
    public const string AllGood = """{"code":200,"num_records_imported":1,"status":"OK"}""";

    private readonly WebApplication _app;

    private AnsweringServer(WebApplication app) => _app = app;

    public Uri Endpoint { get; private set; } = null!;

    public List<Arrival> Arrivals { get; } = [];

    /// <summary>What the next requests get; the request's body is read already.</summary>
    public RequestDelegate Answer { get; set; } = context => WriteAsync(context, 200, AllGood);

    public static async Task<AnsweringServer> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.Listen(IPAddress.Loopback, 0);
            options.AddServerHeader = false;
        });
        builder.Logging.ClearProviders();
        var server = new AnsweringServer(builder.Build());
        server._app.Run(server.TakeAsync);
        await server._app.StartAsync();
        var addresses = server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        server.Endpoint = new Uri(addresses.Addresses.Single());
        return server;
    }

    public static Task WriteAsync(HttpContext context, int status, string body, string type = "application/json")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        return context.Response.WriteAsync(body);
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var request = context.Request;
        var headers = request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        lock (Arrivals) Arrivals.Add(new Arrival(request.Method, request.Path + request.QueryString, headers, body.ToArray()));
        await Answer(context);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    public sealed record Arrival(string Method, string Target, Dictionary<string, string> Headers, byte[] Body)
    {
        public string Text()
        {
            using var gzip = new GZipStream(new MemoryStream(Body), CompressionMode.Decompress);
            using var reader = new StreamReader(gzip, Encoding.UTF8);
            return reader.ReadToEnd();
        }
    }
}
