using System.Net;
using System.Text;
using SpidOrleans.UnitTests.Web;
using Xunit;
using static SpidOrleans.UnitTests.Ingestion.MixpanelRequests;

namespace SpidOrleans.UnitTests.Ingestion;

/// <summary>Requests of the clients in other languages, written down from what they send: method, headers and body as they are.</summary>
public class OtherClientsTests
{
    // mixpanel-python: requests encodes a form; parameters stand in the body; the answer's status must be 1.
    private const string PythonTrack =
        "data=%7B%22event%22%3A%22Signed+Up%22%2C%22properties%22%3A%7B%22token%22%3A%22t1%22%2C%22distinct_id%22%3A%227b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01%22%2C%22time%22%3A1700000000.812%2C"
        + "%22%24insert_id%22%3A%225d3e4b449f430d6a3e5d6a017b0a2b9e%22%2C%22mp_lib%22%3A%22python%22%2C%22%24lib_version%22%3A%225.1.0%22%2C%22city%22%3A%22S%C3%A3o+Paulo+%2B%22%7D%7D&verbose=1&ip=0";

    private const string PythonEngage =
        "data=%7B%22%24token%22%3A%22t1%22%2C%22%24time%22%3A1700000000%2C%22%24distinct_id%22%3A%22ann%22%2C%22%24set%22%3A%7B%22%24name%22%3A%22Ann+Lee%22%7D%7D&verbose=1&ip=0";

    [Fact]
    public async Task MixpanelPython_Tracks()
    {
        await using var host = await WebHostFixture.StartAsync();

        Assert.Equal("""{"status":1,"error":null}""", await host.PostAsync("/track", Text(PythonTrack, "application/x-www-form-urlencoded"), ("User-Agent", "python-requests/2.32"), ("Accept", "*/*")).TextAsync());

        var tracked = host.Grains.Calls.Single().Events.Single();
        Assert.Equal(("Signed Up", 1700000000812, "5d3e4b449f430d6a3e5d6a017b0a2b9e"), (tracked.Name, tracked.TimeMs, tracked.InsertId));
        Assert.Equal("""{"mp_lib":"python","$lib_version":"5.1.0","city":"São Paulo +"}""", Encoding.UTF8.GetString(tracked.Properties.Span));
        // No browser sent it: its user agent says nothing of a person.
        Assert.Null(tracked.UserAgent);
        Assert.Null(tracked.Ip);
    }

    [Fact]
    public async Task MixpanelPython_SetsAndImports_WithTheSecret()
    {
        await using var host = await WebHostFixture.StartAsync();

        Assert.Equal("""{"status":1,"error":null}""", await host.PostAsync("/engage", Text(PythonEngage, "application/x-www-form-urlencoded"), Basic("news-secret:")).TextAsync());
        Assert.Equal("""{"status":1,"error":null}""", await host.PostAsync("/import", Text(PythonTrack, "application/x-www-form-urlencoded"), Basic("news-secret:")).TextAsync());
        using var refused = await host.PostAsync("/import", Text(PythonTrack, "application/x-www-form-urlencoded"));

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal([("u:ann", "ChangeProfile"), ("v:" + Visitor, "Track")], host.Grains.Calls.Select(call => (call.Key, call.Method)));
    }

    [Fact]
    public async Task MixpanelGo_SendsJson_AndImportsZippedAndStrict()
    {
        await using var host = await WebHostFixture.StartAsync();
        var tracked = Event("\"$lib_version\":\"v2.0.0\",\"mp_lib\":\"go\",\"time\":1700000000123,\"$insert_id\":\"9f430d6a\"");

        Assert.Equal("""{"status":1,"error":null}""", await host.PostAsync("/track?verbose=1", Json($"[{tracked}]"), ("Accept", "application/json")).TextAsync());
        Assert.Equal("""{"code":200,"num_records_imported":1,"status":1}""",
            await host.PostAsync("/import?strict=1&verbose=1&project_id=7", Zipped($"[{tracked}]"), Basic(Secret), ("Accept", "application/json")).TextAsync());
        Assert.Equal("""{"status":1,"error":null}""",
            await host.PostAsync("/engage?verbose=1", Json($$$"""[{"$token":"t1","$distinct_id":"{{{Visitor}}}","$ip":"198.51.100.7","$set":{"a":1}}]"""), ("Accept", "application/json")).TextAsync());
        Assert.Equal("""{"status":1,"error":null}""",
            await host.PostAsync("/groups?verbose=1", Json("""[{"$token":"t1","$group_key":"company","$group_id":"Acme","$set":{"a":1}}]"""), Basic(Secret)).TextAsync());

        Assert.Equal([$"v:{Visitor}", $"v:{Visitor}", $"v:{Visitor}", "g:company/Acme"], host.Grains.Calls.Select(call => call.Key));
    }

    [Fact]
    public async Task MixpanelCsharp_SendsBase64AsText_AndExpectsAOne()
    {
        await using var host = await WebHostFixture.StartAsync();
        var batch = $"[{Event("\"time\":1700000000")},{Event("\"time\":1700000001")}]";

        Assert.Equal("1", await host.PostAsync("/track", Text("data=" + Base64(Event("\"time\":1700000000")))).TextAsync());
        Assert.Equal("1", await host.PostAsync("/track", Text("data=" + Base64(batch))).TextAsync());
        Assert.Equal("1", await host.PostAsync("/engage", Text("data=" + Base64($$$"""[{"$token":"t1","$distinct_id":"{{{Visitor}}}","$add":{"n":-1}}]"""))).TextAsync());
        // Its alias is an event of the old kind.
        Assert.Equal("0", await host.PostAsync("/track", Text("data=" + Base64(Event("\"alias\":\"other\"", "$create_alias")))).TextAsync());

        Assert.Equal(3, host.Tracked().Count());
    }
}
