using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SpidOrleans.Web.Hosting;

namespace SpidOrleans.DeployTests.Nginx;

/// <summary>The part of a host that drains, for as long as a test wants it to, and a count of what got through to the rest.</summary>
internal sealed class DrainingHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _served;

    private DrainingHost(WebApplication app) => _app = app;

    public string Authority => new Uri(_app.Urls.Single()).Authority;

    public int Served => Volatile.Read(ref _served);

    public static async Task<DrainingHost> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var host = new DrainingHost(app);
        app.UseDraining();
        app.Run(context =>
        {
            Interlocked.Increment(ref host._served);
            return context.Response.CompleteAsync();
        });
        await app.StartAsync();
        return host;
    }

    public void Drain() => _app.Lifetime.StopApplication();

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
