using System.Net;
using System.Text;
using SpidOrleans.Contracts.Events;
using SpidOrleans.UnitTests.Web;
using Xunit;
using static SpidOrleans.UnitTests.Ingestion.MixpanelRequests;

namespace SpidOrleans.UnitTests.Ingestion;

public class TrackFormatTests
{
    /// <summary>In base64 it has a plus, a slash and padding.</summary>
    private static readonly string Odd = Event("\"text\":\"~~~>>>???ÿÿ blåbær + 1 & 2\"");

    public static TheoryData<string, string, string> Forms => new()
    {
        { "mixpanel-js on a host of its own", "data=" + Uri.EscapeDataString(Base64(Odd)), "application/x-www-form-urlencoded" },
        { "mixpanel-js with api_payload_format json", "data=" + Uri.EscapeDataString(Odd), "application/x-www-form-urlencoded" },
        { "mixpanel-js as a beacon", "data=" + Uri.EscapeDataString(Base64($"[{Odd}]")), "text/plain;charset=UTF-8" },
        { "mixpanel-node, which does not escape base64", "data=" + Base64(Odd), "application/x-www-form-urlencoded" },
        { "a proxy that made blanks of its pluses", "data=" + Base64(Odd).Replace('+', ' '), "application/x-www-form-urlencoded" },
        { "base64 for URLs", "data=" + Base64(Odd).Replace('+', '-').Replace('/', '_').TrimEnd('='), "application/x-www-form-urlencoded" },
        { "base64 in lines", "data=" + Uri.EscapeDataString(Convert.ToBase64String(Encoding.UTF8.GetBytes(Odd), Base64FormattingOptions.InsertLineBreaks)), "application/x-www-form-urlencoded" },
        { "mixpanel-python, blanks as pluses", "data=" + Uri.EscapeDataString(Odd).Replace("%20", "+", StringComparison.Ordinal) + "&verbose=0&ip=0", "application/x-www-form-urlencoded" },
        { "mixpanel-csharp", "data=" + Base64(Odd), "text/plain; charset=utf-8" },
        { "mixpanel-go", $"[{Odd}]", "application/json" },
        { "one object", Odd, "application/json; charset=utf-8" },
        { "JSON under a form's name", $" [ {Odd} ] ", "application/x-www-form-urlencoded" },
        { "a line each", Odd + "\n", "application/x-ndjson" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task EveryClientsForm_IsTheSameEvent(string client, string body, string contentType)
    {
        await using var host = await WebHostFixture.StartAsync();
        Assert.NotEmpty(client);
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);

        Assert.Equal("1", await host.PostAsync("/track/", content).TextAsync());

        var call = host.Grains.Calls.Single();
        Assert.Equal("v:" + Visitor, call.Key);
        Assert.Equal("""{"text":"~~~>>>???ÿÿ blåbær + 1 & 2"}""", Encoding.UTF8.GetString(call.Events.Single().Properties.Span));
        Assert.Equal(new EventSource { ClientName = "The News", Project = "news", ClientId = "news" }, call.Source);
    }

    [Theory]
    [InlineData("/track?data=")]
    [InlineData("/track/?ip=0&verbose=0&data=")]
    public async Task AGet_CarriesTheSameData(string path)
    {
        await using var host = await WebHostFixture.StartAsync();

        Assert.Equal("1", await host.BrowseAsync(HttpMethod.Get, path + Uri.EscapeDataString(Base64(Odd)), null).TextAsync());

        Assert.Equal([("v:" + Visitor, "e1")], host.Tracked());
    }

    [Fact]
    public async Task AGzippedBody_IsRead_AndABombIsRefusedAtTheLimit()
    {
        await using var host = await WebHostFixture.StartAsync(("Limits:RequestBytes", "64KB"));

        Assert.Equal("1", await host.PostAsync("/track", Zipped($"[{Odd}]")).TextAsync());
        var full = $"[{Event()}{new string(' ', (64 << 10) - Event().Length - 2)}]";
        Assert.Equal("1", await host.PostAsync("/track", Zipped(full)).TextAsync());
        using var bomb = await host.PostAsync("/track", Zipped(full + " "));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, bomb.StatusCode);
        using var broken = Zipped("");
        using var noGzip = Json($"[{Odd}]");
        noGzip.Headers.ContentEncoding.Add("gzip");
        using var notZipped = await host.PostAsync("/track?verbose=1", noGzip);
        Assert.Equal("""{"status":0,"error":"data, is not gzip though Content-Encoding says so"}""", await notZipped.Content.ReadAsStringAsync());
        using var brotli = Json($"[{Odd}]");
        brotli.Headers.ContentEncoding.Add("br");
        using var unknown = await host.PostAsync("/track", brotli);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, unknown.StatusCode);
        Assert.Equal(2, host.Tracked().Count());
    }

    [Fact]
    public async Task TheAnswer_IsWhatTheClientAskedFor()
    {
        await using var host = await WebHostFixture.StartAsync();

        Assert.Equal("1", await host.PostAsync("/track", Form(Event())).TextAsync());
        Assert.Equal("""{"status":1,"error":null}""", await host.PostAsync("/track?verbose=1", Form(Event())).TextAsync());
        Assert.Equal("""{"status":1,"error":null}""", await host.PostAsync("/track", Form(Event(), "&verbose=1")).TextAsync());
        Assert.Equal("0", await host.PostAsync("/track", Form(Event(token: ""))).TextAsync());
        Assert.Equal("""{"status":0,"error":"token, missing or empty"}""", await host.PostAsync("/track?verbose=1", Form(Event(token: ""))).TextAsync());

        using var script = await host.BrowseAsync(HttpMethod.Get, $"/track?callback=cb_1&data={Base64(Event())}", null);
        Assert.Equal("text/javascript", script.Content.Headers.ContentType?.MediaType);
        Assert.Equal("/**/cb_1(1);", await script.Content.ReadAsStringAsync());
        Assert.Equal("""/**/cb_1({"status":0,"error":"data, must be JSON or base64 of JSON"});""",
            await host.BrowseAsync(HttpMethod.Get, "/track?callback=cb_1&verbose=1&data=x", null).TextAsync());

        using var pixel = await host.BrowseAsync(HttpMethod.Get, $"/track?img=1&data={Base64(Event())}", null);
        Assert.Equal("image/gif", pixel.Content.Headers.ContentType?.MediaType);
        var gif = await pixel.Content.ReadAsByteArrayAsync();
        Assert.Equal(43, gif.Length);
        Assert.Equal("GIF89a", Encoding.ASCII.GetString(gif, 0, 6));
    }

    [Theory]
    [InlineData("alert(1)//")]
    [InlineData("(function(){})")]
    [InlineData("a.b")]
    [InlineData("%3Cscript%3E")]
    [InlineData("1a")]
    public async Task ACallbackThatCouldBeAProgram_IsRefusedAndNotRepeated(string callback)
    {
        await using var host = await WebHostFixture.StartAsync();

        using var answer = await host.BrowseAsync(HttpMethod.Get, $"/track?verbose=1&callback={callback}&data={Base64(Event())}", null);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("""{"status":0,"error":"callback, must be""", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task TheAddress_IsTheSendersWord_ElseTheCallersIfAskedFor()
    {
        await using var host = await WebHostFixture.StartAsync();

        await host.PostAsync("/track?ip=1", Form(Event())).TextAsync();
        await host.PostAsync("/track?ip=0", Form(Event())).TextAsync();
        await host.PostAsync("/track", Form(Event())).TextAsync();
        await host.PostAsync("/track?ip=1", Form(Event("\"ip\":\"198.51.100.7\""))).TextAsync();
        await host.PostAsync("/track", Form(Event("\"ip\":0"))).TextAsync();

        Assert.Equal(["127.0.0.1", null, null, "198.51.100.7", null], host.Grains.Calls.Select(call => call.Events.Single().Ip));
    }

    [Fact]
    public async Task WhenTheClusterIsBusy_TheAnswerSaysWhenToComeBack_InTheClientsForm()
    {
        await using var host = await WebHostFixture.StartAsync();
        host.Grains.Track = _ => TrackOutcome.LaneFull;
        using var full = await host.PostAsync("/track?verbose=1", Form(Event()));
        host.Grains.Track = _ => TrackOutcome.Unavailable;
        using var away = await host.PostAsync("/track", Form(Event()));
        host.Grains.Track = _ => throw new TimeoutException();
        using var silent = await host.PostAsync("/track?verbose=1", Form(Event()));

        Assert.Equal([HttpStatusCode.TooManyRequests, HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable],
            new[] { full, away, silent }.Select(answer => answer.StatusCode));
        Assert.All(new[] { full, away, silent }, answer => Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero));
        Assert.StartsWith("""{"status":0,"error":"Too many events""", await full.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("0", await away.Content.ReadAsStringAsync());
        Assert.StartsWith("""{"status":0,"error":"Not confirmed""", await silent.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
