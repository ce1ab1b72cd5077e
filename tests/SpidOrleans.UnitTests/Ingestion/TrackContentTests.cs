using System.Globalization;
using System.Text;
using System.Text.Json;
using SpidOrleans.Contracts.Events;
using SpidOrleans.UnitTests.Web;
using Xunit;
using static SpidOrleans.UnitTests.Ingestion.MixpanelRequests;

namespace SpidOrleans.UnitTests.Ingestion;

public class TrackContentTests
{
    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    [Fact]
    public async Task WhatIsMixpanelsOwn_IsTakenOut_AndDefaultsPass()
    {
        var tracked = await TrackAsync("""
            "$browser" : "Chrome" , "time":1700000000.123,"$insert_id":"abcdefgh12345678", "$device_id":"x", "ip":"198.51.100.7",
            "$source":"s","$warehouse_x":1,"$bucket":"b","$time":1,"alias":"a","$distinct_ids":["a"],
            "$os":"Linux","mp_lib":"web","$lib_version":"2.82.1","nested":{"token":"stays","list":[1,{"a":null}]},"$duration_s":3, "mp_sent_by_lib_version":"2.82.1"
            """);

        Assert.Equal("""{"$browser" : "Chrome","$os":"Linux","mp_lib":"web","$lib_version":"2.82.1","nested":{"token":"stays","list":[1,{"a":null}]},"mp_sent_by_lib_version":"2.82.1"}""",
            Text(tracked));
        Assert.Equal((1700000000123, "abcdefgh12345678", "198.51.100.7"), (tracked.TimeMs, tracked.InsertId, tracked.Ip));
    }

    [Fact]
    public async Task AnEventOfNothingButIds_HasNoProperties() => Assert.True((await TrackAsync("")).Properties.IsEmpty);

    [Theory]
    [InlineData("1700000000", 1700000000000)]
    [InlineData("1700000000.5", 1700000000500)]
    [InlineData("1700000000.1234", 1700000000123)]
    [InlineData("1700000000123", 1700000000123)]
    [InlineData("1.7e9", 1700000000000)]
    [InlineData("31536000", 31536000000)]
    [InlineData("null", null)]
    public async Task Time_IsSecondsOrMilliseconds(string sent, long? expected) => Assert.Equal(expected, (await TrackAsync($"\"time\":{sent}")).TimeMs);

    [Theory]
    [InlineData("\"2026-01-01\"")]
    [InlineData("31535999")]
    [InlineData("-1")]
    [InlineData("true")]
    [InlineData("1e300")]
    [InlineData("99999999999999999999")]
    public async Task ATimeThatIsNone_IsRefusedByItsName(string sent) =>
        Assert.StartsWith("[0] 'properties.time' is invalid", await RefuseAsync($"\"time\":{sent}"), StringComparison.Ordinal);

    [Fact]
    public async Task TimesUpToAnHourAhead_Pass_AndNoLater()
    {
        var soon = Now + 3_500_000;
        Assert.Equal(soon, (await TrackAsync($"\"time\":{soon}")).TimeMs);
        Assert.Contains("'properties.time'", await RefuseAsync($"\"time\":{Now + 3_900_000}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"abc-DEF-123\"", "abc-DEF-123")]
    [InlineData("12345", "12345")]
    [InlineData("\"null\"", null)]
    [InlineData("\"\"", null)]
    [InlineData("null", null)]
    public async Task AnInsertId_StaysAsItIs_UnlessItIsNone(string sent, string? expected) =>
        Assert.Equal(expected, (await TrackAsync($"\"time\":1700000000,\"$insert_id\":{sent}")).InsertId);

    [Fact]
    public async Task AnInsertIdThatMixpanelRefuses_BecomesAnotherOne_AlwaysTheSame()
    {
        const string foreign = "prefix_7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01:suffix";
        var first = (await TrackAsync($"\"time\":1700000000,\"$insert_id\":\"{foreign}\"")).InsertId;
        var again = (await TrackAsync($"\"time\":1700000000,\"$insert_id\":\"{foreign}\"")).InsertId;
        var other = (await TrackAsync($"\"time\":1700000000,\"$insert_id\":\"{foreign}2\"")).InsertId;

        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
        Assert.Matches("^[A-Za-z0-9-]{1,36}$", first);
    }

    [Fact]
    public async Task AnInsertIdWithoutATime_GetsTheTimeOfArrival()
    {
        var before = Now;
        var tracked = await TrackAsync("\"$insert_id\":\"i-1\"");

        Assert.Equal("i-1", tracked.InsertId);
        Assert.InRange(tracked.TimeMs!.Value, before, Now);
    }

    [Fact]
    public async Task LongText_IsCutAt255_AndWhatIsNoUnicodeIsLeftOut()
    {
        var longest = new string('å', 255);
        var tracked = await TrackAsync($$"""
            "fits":"{{longest}}","long":"{{longest}}x","{{longest}}x":1,"list":["{{longest}}yy",{"k":"{{longest}}zz"}],
            "half":"cut \ud83d","nul":"a\u0000b","whole":"\ud83d\ude00","low\udc00":true,"line":"a\nb\u00e5\"\\\u2028"
            """);

        var json = JsonElement.Parse(tracked.Properties.Span);
        Assert.Equal(longest, json.GetProperty("fits").GetString());
        Assert.Equal(longest, json.GetProperty("long").GetString());
        Assert.Equal(1, json.GetProperty(longest).GetInt32());
        Assert.Equal([longest], json.GetProperty("list").EnumerateArray().Take(1).Select(item => item.GetString()));
        Assert.Equal(longest, json.GetProperty("list")[1].GetProperty("k").GetString());
        Assert.Equal(("cut ", "ab", "😀"), (json.GetProperty("half").GetString(), json.GetProperty("nul").GetString(), json.GetProperty("whole").GetString()));
        Assert.True(json.GetProperty("low").GetBoolean());
        Assert.Equal("a\nbå\"\\\u2028", json.GetProperty("line").GetString());
    }

    [Fact]
    public async Task ACutThroughAPair_LeavesNoHalf()
    {
        var tracked = await TrackAsync($"\"p\":\"{new string('a', 254)}😀\"");

        Assert.Equal(new string('a', 254), JsonElement.Parse(tracked.Properties.Span).GetProperty("p").GetString());
    }

    [Fact]
    public async Task APairThatMixpanelJsHasEncodedByHalves_IsReadAsOne_AndALoneHalfIsLeftOut()
    {
        await using var host = await WebHostFixture.StartAsync();
        byte[] high = [0xED, 0xA0, 0xBD], low = [0xED, 0xB8, 0x80];
        byte[] body = [.. Encoding.UTF8.GetBytes(Event("\"whole\":\"å")[..^2]), .. high, .. low, .. "힣\",\"cut\":\"x"u8, .. high, .. "\",\"low\":\""u8, .. low, .. high, .. "y\"}}"u8];

        Assert.Equal("1", await host.PostAsync("/track", MixpanelRequests.Text("data=" + Convert.ToBase64String(body))).TextAsync());

        Assert.Equal("""{"whole":"å😀힣","cut":"x","low":"y"}""", Text(host.Grains.Calls.Single().Events.Single()));
    }

    [Fact]
    public async Task WhatIsNoUtf8_IsRefusedAsAWhole()
    {
        await using var host = await WebHostFixture.StartAsync();

        foreach (var bad in new byte[][] { [0xFF], [0xC3], [0xED], [0xED, 0xA0], [0xC0, 0x80], [0xF5, 0x80, 0x80, 0x80] })
        {
            byte[] body = [.. Encoding.UTF8.GetBytes(Event("\"a\":\"")[..^2]), .. bad, .. "\"}}"u8];
            Assert.Equal("""{"status":0,"error":"data, must be valid UTF-8"}""", await host.PostAsync("/track?verbose=1", MixpanelRequests.Text("data=" + Convert.ToBase64String(body))).TextAsync());
        }

        Assert.Empty(host.Grains.Calls);
    }

    [Theory]
    [InlineData("\"a\":1,\"a\":2", "properties.a")]
    [InlineData("\"a\":1e999", "properties.a")]
    [InlineData("\"a\":[[[[1]]]]", "properties.a[0][0][0]")]
    public async Task WhatMixpanelWouldRefuse_IsRefusedByItsPlace(string properties, string place) =>
        Assert.StartsWith($"[0] '{place}' is invalid", await RefuseAsync(properties), StringComparison.Ordinal);

    [Fact]
    public async Task TooManyProperties_AreRefused_AndOneLessIsNot()
    {
        static string Many(int count) => string.Join(",", Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"\"p{i}\":{i}")));

        Assert.Equal(250, JsonElement.Parse((await TrackAsync(Many(250))).Properties.Span).GetPropertyCount());
        Assert.Contains("250 properties", await RefuseAsync(Many(251)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"$ignore\":true")]
    [InlineData("\"\\u0024ignore\":1")]
    public async Task AnEventToBeIgnored_IsAcceptedAndNotStored(string property)
    {
        await using var host = await WebHostFixture.StartAsync();

        Assert.Equal("1", await host.PostAsync("/track", Form(Event(property))).TextAsync());
        Assert.Empty(host.Grains.Calls);
    }

    [Theory]
    [InlineData("$identify", "1")]
    [InlineData("$opt_in", "1")]
    [InlineData("$create_alias", "0")]
    [InlineData("$merge", "0")]
    public async Task EventsThatWouldJoinIdentities_AreNeverStored(string name, string answer)
    {
        await using var host = await WebHostFixture.StartAsync();

        Assert.Equal(answer, await host.PostAsync("/track", Form(Event($"\"$anon_distinct_id\":\"$device:{OwnDevice}\"", name))).TextAsync());
        Assert.Equal(answer == "1" ? "OK" : "BadRequest", (await host.PostAsync("/import?strict=1", Json(Event("\"time\":1700000000,\"$insert_id\":\"i\"", name)), Basic(Secret))).StatusCode.ToString());
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task ALongName_IsCut_AndABlankOneRefused()
    {
        await using var host = await WebHostFixture.StartAsync();

        Assert.Equal("1", await host.PostAsync("/track", Form(Event(name: new string('n', 300)))).TextAsync());
        Assert.Equal(new string('n', 255), host.Tracked().Single().Event);
        Assert.Equal("""{"status":0,"error":"[0] 'event' must not be missing or blank"}""", await host.PostAsync("/track?verbose=1", Form(Event(name: " "))).TextAsync());
    }

    private static string Text(TrackedEvent tracked) => Encoding.UTF8.GetString(tracked.Properties.Span);

    private static async Task<TrackedEvent> TrackAsync(string more)
    {
        await using var host = await WebHostFixture.StartAsync();
        Assert.Equal("""{"status":1,"error":null}""", await host.PostAsync("/track?verbose=1", Form(Event(more))).TextAsync());
        return host.Grains.Calls.Single().Events.Single();
    }

    private static async Task<string> RefuseAsync(string more)
    {
        await using var host = await WebHostFixture.StartAsync();
        var answer = JsonElement.Parse(await host.PostAsync("/track?verbose=1", Form(Event(more))).TextAsync());
        Assert.Equal(0, answer.GetProperty("status").GetInt32());
        Assert.Empty(host.Grains.Calls);
        return answer.GetProperty("error").GetString()!;
    }
}
