using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SpidOrleans.BrowserTests.SignIn;

/// <summary>A site with a page that loads the SDK and links to the flows. Reached as 127.0.0.1 it is the registered one, as
/// localhost a stranger.</summary>
public sealed class TestSite : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestSite(WebApplication app) => _app = app;

    /// <summary>The host that the site's visitors sign in at; set once it runs.</summary>
    public Uri? Cluster { get; set; }

    public int Port => new Uri(_app.Urls.First()).Port;

    public string Home => $"http://127.0.0.1:{Port}/home";

    /// <summary>A page that loads the SDK and does nothing with it.</summary>
    public string Page => $"http://127.0.0.1:{Port}/page";

    public string Cancelled => $"http://127.0.0.1:{Port}/cancelled";

    public static async Task<TestSite> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var site = new TestSite(app);
        app.MapGet("/home", () => Results.Content(site.HomePage(), "text/html"));
        app.MapGet("/page", () => Results.Content($"<!DOCTYPE html><title>A page</title><script src=\"{site.Cluster}js/spid-sdk.js\"></script>", "text/html"));
        app.MapGet("/cancelled", () => Results.Content("<!DOCTYPE html><title>Cancelled</title>", "text/html"));
        app.MapGet("/frame", () => Results.Content($"<!DOCTYPE html><title>Frame</title><iframe src=\"{Encode(site.Flow("/flow/login"))}\"></iframe>", "text/html"));
        app.MapGet("/attack", () => Results.Content(
            $"<!DOCTYPE html><title>Attack</title><a href=\"{Encode(site.Flow("/logout"))}\">See kittens</a>", "text/html"));
        app.MapGet("/favicon.ico", () => Results.NoContent());
        await app.StartAsync();
        return site;
    }

    public string Flow(string path, string more = "") => new Uri(Cluster!, path)
        + $"?client_id=news&redirect_uri={Uri.EscapeDataString(Home)}&cancel_redirect_uri={Uri.EscapeDataString(Cancelled)}{more}";

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    private string HomePage() => $$"""
        <!DOCTYPE html><title>A site</title>
        <a href="{{Encode(Flow("/flow/login", "&state=s1&tag=front+page"))}}">Log in</a>
        <a href="{{Encode(Flow("/flow/signup"))}}">Register</a>
        <a href="{{Encode(Flow("/logout"))}}">Log out</a>
        <p id="visitor">?</p><p id="user">?</p>
        <script src="{{Cluster}}js/spid-sdk.js"></script>
        <script>
          SPiD.init({ client_id: 'news', server: '{{Cluster!.GetLeftPart(UriPartial.Authority)}}' });
          SPiD.event.subscribe('SPiD.visitor', visitor => { document.getElementById('visitor').textContent = visitor.uid; });
          SPiD.hasSession((error, session) => { document.getElementById('user').textContent = session && session.userId || 'nobody'; });
        </script>
        """;
}
