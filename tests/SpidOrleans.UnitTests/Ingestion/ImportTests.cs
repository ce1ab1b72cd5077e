using System.Net;
using SpidOrleans.Contracts.Events;
using SpidOrleans.UnitTests.Web;
using Xunit;
using static SpidOrleans.UnitTests.Ingestion.MixpanelRequests;

namespace SpidOrleans.UnitTests.Ingestion;

public class ImportTests
{
    private const string Stamp = "\"time\":1700000000,\"$insert_id\":\"i-1\"";

    [Fact]
    public async Task AStrictImport_StoresTheGoodOnes_AndNamesTheOthers()
    {
        await using var host = await WebHostFixture.StartAsync();
        var records = new[]
        {
            Event(Stamp), Event(Stamp, name: ""), Event("\"$insert_id\":\"i-3\""), Event("\"time\":1700000000"), Event("\"time\":\"x\",\"$insert_id\":\"i-5\""),
            Event(Stamp, ids: ""), "7", "{\"event\":\"e\"}", Event(Stamp.Replace("i-1", "not_one", StringComparison.Ordinal), name: "last"),
        };

        using var answer = await host.PostAsync("/import?strict=1", Zipped($"[{string.Join(",", records)}]"), Basic(Secret));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var json = await answer.JsonAsync();
        Assert.Equal((400, "some data points in the request failed validation", 2, "Bad Request"), (json.GetProperty("code").GetInt32(),
            json.GetProperty("error").GetString(), json.GetProperty("num_records_imported").GetInt32(), json.GetProperty("status").GetString()));
        Assert.Equal(
            [(1, "i-1", "event"), (2, "i-3", "properties.time"), (3, "", "$insert_id"), (4, "i-5", "properties.time"), (5, "i-1", "properties.distinct_id"), (6, "", "event"), (7, "", "properties")],
            json.GetProperty("failed_records").EnumerateArray().Select(record =>
                (record.GetProperty("index").GetInt32(), record.GetProperty("insert_id").GetString()!, record.GetProperty("field").GetString()!)));
        Assert.Equal("'event' must not be missing or blank", json.GetProperty("failed_records")[0].GetProperty("message").GetString());
        Assert.Equal([("v:" + Visitor, "e1"), ("v:" + Visitor, "last")], host.Tracked());
    }

    [Fact]
    public async Task TheAnswer_SaysHowManyWereImported_InTheClientsForm()
    {
        await using var host = await WebHostFixture.StartAsync();
        Task<string> ImportAsync(string query, HttpContent content) => host.PostAsync("/import" + query, content, Basic(Secret)).TextAsync();

        Assert.Equal("""{"code":200,"num_records_imported":2,"status":"OK"}""", await ImportAsync("?strict=1", Json($"[{Event(Stamp)},{Event(Stamp)}]")));
        Assert.Equal("""{"code":200,"num_records_imported":2,"status":1}""", await ImportAsync("?strict=1&verbose=1", Text($"{Event(Stamp)}\n{Event(Stamp)}\n", "application/x-ndjson")));
        Assert.Equal("""{"code":200,"num_records_imported":1,"status":"OK"}""", await ImportAsync("/", Json($"[{Event(Stamp)},{Event("\"time\":1")}]")));
        // mixpanel-node and mixpanel-python
        Assert.Equal("1", await ImportAsync("?ip=0&verbose=0", Form(Event(Stamp))));
        Assert.Equal("""{"status":1,"error":null}""", await ImportAsync("", Form(Event(Stamp), "&verbose=1&ip=0")));
    }

    [Theory]
    [InlineData("GET", "/import?ip=0&verbose=0&api_key=news-secret&data=", true)]
    [InlineData("GET", "/import?ip=0&verbose=0&api_key=t1&data=", false)]
    [InlineData("GET", "/import?ip=0&verbose=0&data=", false)]
    public async Task MixpanelNode_ImportsByGet_WithTheSecretAsKey(string method, string path, bool isTaken)
    {
        await using var host = await WebHostFixture.StartAsync();

        using var answer = await host.BrowseAsync(new HttpMethod(method), path + Uri.EscapeDataString(Base64(Event(Stamp, ids: "\"distinct_id\":\"42\""))), null);

        Assert.Equal(isTaken ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(isTaken ? [("u:42", "e1")] : [], host.Tracked());
        if (isTaken) Assert.Equal("1", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("news:news-secret", true)]
    [InlineData("news-secret:", true)]
    [InlineData("t1:", false)]
    [InlineData("news:", false)]
    [InlineData("news:wrong", false)]
    [InlineData("partner:partner-secret", false)]
    [InlineData(":", false)]
    public async Task OnlyAClientsSecret_OpensIt(string credentials, bool isTaken)
    {
        await using var host = await WebHostFixture.StartAsync();

        using var answer = await host.PostAsync("/import?strict=1", Json($"[{Event(Stamp)}]"), Basic(credentials));

        Assert.Equal(isTaken, answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(isTaken ? 1 : 0, host.Tracked().Count());
        if (credentials.StartsWith("t1", StringComparison.Ordinal))
        {
            Assert.StartsWith("""{"code":401,"error":"Invalid credentials""", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.NotEmpty(answer.Headers.WwwAuthenticate);
        }
    }

    [Fact]
    public async Task AnAccessToken_OpensIt()
    {
        await using var host = await WebHostFixture.StartAsync();
        using var issued = await host.PostAsync("/oauth/token", Text("grant_type=client_credentials", "application/x-www-form-urlencoded"), Basic(Secret));
        var token = (await issued.JsonAsync()).GetProperty("access_token").GetString();

        Assert.StartsWith("{\"code\":200", await host.PostAsync("/import?strict=1", Json($"[{Event(Stamp)}]"), ("Authorization", "Bearer " + token)).TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AsManyEventsAsAllowed_AreTaken_AndOneMoreIsTooLarge()
    {
        await using var host = await WebHostFixture.StartAsync();
        string Events(int count) => $"[{string.Join(",", Enumerable.Repeat(Event(Stamp), count))}]";

        Assert.Contains("\"num_records_imported\":2000", await host.PostAsync("/import", Json(Events(2_000)), Basic(Secret)).TextAsync(), StringComparison.Ordinal);
        host.Grains.Calls.Clear();
        using var answer = await host.PostAsync("/import", Json(Events(2_001)), Basic(Secret));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.StartsWith("""{"code":413,"error":"request exceeds max limit of 2000 events""", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(host.Grains.Calls);
    }

    [Theory]
    [InlineData("[{\"event\":\"e\"},")]
    [InlineData("[")]
    [InlineData("{\"event\":\"e\"} x")]
    [InlineData("{\"event\":\"\\u12\"}")]
    public async Task BrokenJson_StoresNothing_AndSaysWhereItBreaks(string json)
    {
        await using var host = await WebHostFixture.StartAsync();
        var good = Event(Stamp);

        using var answer = await host.PostAsync("/import?strict=1", Json(json.Length > 1 ? json : $"[{good},{json}"), Basic(Secret));
        using var tracked = await host.PostAsync("/track?verbose=1", Json($"[{good},{json}"));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("it ceases to be at line", (await answer.JsonAsync()).GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("""{"status":0,"error":"data, must be JSON""", await tracked.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task WhenTheClusterIsAway_TheAnswerIsMixpanelsOwn_AndSaysWhenToComeBack()
    {
        await using var host = await WebHostFixture.StartAsync();
        host.Grains.Track = _ => TrackOutcome.Unavailable;

        using var answer = await host.PostAsync("/import?strict=1", Json($"[{Event(Stamp)}]"), Basic(Secret));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        Assert.Equal(503, (await answer.JsonAsync()).GetProperty("code").GetInt32());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task BothHosts_TakeIt(bool isFacade)
    {
        await using var host = await WebHostFixture.StartHostAsync(isFacade);

        Assert.Equal("1", await host.PostAsync("/track", Form(Event()), Page).TextAsync());
        Assert.Contains("\"num_records_imported\":1", await host.PostAsync("/import?strict=1", Json(Event(Stamp)), Basic(Secret)).TextAsync(), StringComparison.Ordinal);
        Assert.Equal(2, host.Tracked().Count());
    }
}
