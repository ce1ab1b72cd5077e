using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.UnitTests.Web;
using Xunit;
using static SpidOrleans.UnitTests.Ingestion.MixpanelRequests;

namespace SpidOrleans.UnitTests.Ingestion;

public class EngageTests
{
    private const string Ann = "\"$distinct_id\":\"ann\"";
    private const string OfVisitor = $"\"$distinct_id\":\"{Visitor}\"";
    private const string OfAcme = "\"$group_key\":\"company\",\"$group_id\":\"Acme\"";

    public static TheoryData<string, string> Operations => new()
    {
        { "$set", """{"a":1,"b":[1,2],"c":{"d":null}}""" },
        { "$set_once", """{"a":"x"}""" },
        { "$add", """{"a":-1.5}""" },
        { "$append", """{"a":"x"}""" },
        { "$union", """{"a":["x","y"]}""" },
        { "$remove", """{"a":"x"}""" },
        { "$unset", """["a","b"]""" },
        { "$delete", "\"\"" },
    };

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task EveryOperation_ReachesThePersonOrGroup(string operation, string argument)
    {
        await using var host = await WebHostFixture.StartAsync();

        Assert.Equal("1", await host.PostAsync("/engage", Form(Change(Ann, operation, argument)), Basic(Secret)).TextAsync());
        Assert.Equal("1", await host.PostAsync("/engage/", Form(Change(OfVisitor, operation, argument)), Basic(Secret)).TextAsync());
        Assert.Equal("1", await host.PostAsync("/groups/", Form(Change(OfAcme, operation, argument)), Basic(Secret)).TextAsync());

        Assert.Equal(new[] { "u:ann", "v:" + Visitor, "g:company/Acme" }.Select(key => (key, operation, argument)), Changed(host));
    }

    [Fact]
    public async Task SeveralChanges_ReachEachPersonInOrder()
    {
        await using var host = await WebHostFixture.StartAsync();
        var changes = new[] { Change(Ann, "$set", """{"n":1}"""), Change(OfVisitor, "$set", """{"n":2}"""), Change(Ann, "$add", """{"n":3}"""), Change(Ann, "$unset", """["n"]""") };

        Assert.Equal("""{"status":1,"error":null}""", await host.PostAsync("/engage?verbose=1", Form($"[{string.Join(",", changes)}]"), Basic(Secret)).TextAsync());

        Assert.Equal(["$set", "$add", "$unset"], Changed(host).Where(change => change.Key == "u:ann").Select(change => change.Operation));
        Assert.Equal(2, host.Grains.Calls.Count);
    }

    [Fact]
    public async Task WithoutProof_AVisitorIsAddedTo_AndNothingIsTakenAway_AndNoUserIsTouched()
    {
        await using var host = await WebHostFixture.StartAsync();

        foreach (var (operation, argument) in Operations.Select(row => row.Data))
        {
            var takesAway = operation is "$remove" or "$unset" or "$delete";
            Assert.Equal(takesAway ? "0" : "1", await host.PostAsync("/engage", Form(Change(OfVisitor, operation, argument)), Page).TextAsync());
            Assert.Contains("client's credentials only", await host.PostAsync("/engage?verbose=1", Form(Change(Ann, operation, argument)), Page).TextAsync(), StringComparison.Ordinal);
            Assert.Equal(takesAway ? "0" : "1", await host.PostAsync("/groups", Form(Change(OfAcme, operation, argument)), Page).TextAsync());
            Assert.Contains("with the client's credentials", await host.PostAsync("/groups?verbose=1", Form(Change(OfAcme, operation, argument))).TextAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(Enumerable.Repeat("v:" + Visitor, 5).Concat(Enumerable.Repeat("g:company/Acme", 5)).Order(), Changed(host).Select(change => change.Key).Order());
    }

    [Fact]
    public async Task WithTheCookie_TheBrowsersPersonIsChanged_AsMixpanelJsSendsIt()
    {
        await using var browser = await BrowserHost.StartAsync();
        var ids = $"\"$distinct_id\":\"{browser.Visitor}\",\"$device_id\":\"{OwnDevice}\",\"$user_id\":\"{browser.Visitor}\"";

        Assert.Equal("1", await browser.Host.PostAsync("/engage/?ip=1", Form(Change(ids, "$unset", """["a"]""")), Page, ("Cookie", "SPID_VISITOR=" + browser.Cookie)).TextAsync());

        var call = browser.Grains.Calls.Last();
        Assert.Equal(("v:" + browser.Visitor, true), (call.Key, call.FromBrowser));
        Assert.Equal("127.0.0.1", ((ImmutableArray<ProfileUpdate>)call.Argument!).Single().Ip);
    }

    [Fact]
    public async Task WhatIsSpidsToSay_IsLeftOut()
    {
        await using var host = await WebHostFixture.StartAsync();

        Assert.Equal("1", await host.PostAsync("/engage", Form(Change(Ann, "$set", """{"Birthday":"x","a":1,"Last login":2,"Locale":"","$distinct_id":"bob"}""", "\"$ip\":\"198.51.100.7\",\"$ignore_time\":true")), Basic(Secret)).TextAsync());
        Assert.Equal("1", await host.PostAsync("/engage", Form(Change(Ann, "$unset", """["Birthday"]""")), Basic(Secret)).TextAsync());

        Assert.Equal([("u:ann", "$set", """{"a":1}""")], Changed(host));
        var update = ((ImmutableArray<ProfileUpdate>)host.Grains.Calls.Single().Argument!).Single();
        Assert.Equal(("198.51.100.7", true), (update.Ip, update.IgnoresTime));
    }

    [Theory]
    [InlineData("$set", "7", "must be an object")]
    [InlineData("$set", """{"a":1,"a":2}""", "only once")]
    [InlineData("$set", """{"a":1e999}""", "finite")]
    [InlineData("$set", """{"":1}""", "1 to 255")]
    [InlineData("$add", """{"a":"1"}""", "finite numbers only")]
    [InlineData("$union", """{"a":"x"}""", "lists only")]
    [InlineData("$unset", """{"a":1}""", "list of names")]
    [InlineData("$unset", "[1]", "list of names")]
    public async Task AnOperationThatCannotBeDone_IsRefusedByItsName(string operation, string argument, string rule)
    {
        await using var host = await WebHostFixture.StartAsync();
        var bad = Change(Ann, operation, argument);

        var answer = await host.PostAsync("/engage?verbose=1", Form($"[{Change(Ann, "$set", "{\"good\":1}")},{bad}]"), Basic(Secret)).TextAsync();

        Assert.Contains($"[1] '{operation}' is invalid: ", answer, StringComparison.Ordinal);
        Assert.Contains(rule, answer, StringComparison.Ordinal);
        Assert.Equal([("u:ann", "$set", """{"good":1}""")], Changed(host));
        Assert.Equal("0", await host.PostAsync("/engage", Form(bad), Basic(Secret)).TextAsync());
    }

    [Theory]
    [InlineData("/engage", """{"$token":"t1","$distinct_id":"ann"}""", "exactly one of")]
    [InlineData("/engage", """{"$token":"t1","$distinct_id":"ann","$set":{"a":1},"$add":{"a":1}}""", "exactly one of")]
    [InlineData("/engage", """{"$token":"t1","$set":{"a":1}}""", "'$distinct_id' is invalid: must not be missing")]
    [InlineData("/engage", """{"$token":"t2","$distinct_id":"ann","$set":{"a":1}}""", "token, is not of the project")]
    [InlineData("/engage", "7", "data, must be JSON")]
    [InlineData("/engage", "[7]", "must be a JSON object")]
    [InlineData("/groups", """{"$token":"t1","$group_key":"company","$set":{"a":1}}""", "$group_key and $group_id")]
    [InlineData("/groups", """{"$token":"t1","$group_key":"company","$group_id":"Acme","$distinct_id":"ann","$set":{"a":1}}""", "must not name a person")]
    public async Task AChangeOfNobodyOrNothing_IsRefused(string path, string body, string rule)
    {
        await using var host = await WebHostFixture.StartAsync();

        var answer = JsonElement.Parse(await host.PostAsync(path + "?verbose=1", Form(body), Basic(Secret)).TextAsync());

        Assert.Equal(0, answer.GetProperty("status").GetInt32());
        Assert.Contains(rule, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task EachBound_IsTaken_AndOneMoreIsRefused()
    {
        await using var host = await WebHostFixture.StartAsync();
        async Task<bool> IsTakenAsync(string change)
        {
            using var answer = await host.PostAsync("/engage", Json(change), Basic(Secret));
            return answer.StatusCode == HttpStatusCode.OK && await answer.Content.ReadAsStringAsync() == "1";
        }

        string Many(int count) => Change(Ann, "$set", $"{{{string.Join(",", Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"\"p{i}\":{i}")))}}}");
        Assert.True(await IsTakenAsync(Many(2_000)));
        Assert.False(await IsTakenAsync(Many(2_001)));

        // Numbers: long text would be cut.
        static string List(int bytes) => $"[{(bytes % 2 == 1 ? "7" : "77")}{string.Concat(Enumerable.Repeat(",7", (bytes - 3) / 2))}]";
        string Sized(int bytes)
        {
            var argument = new StringBuilder("{");
            for (var i = 0; argument.Length < bytes - 1 - 200_020; i++) argument.Append(CultureInfo.InvariantCulture, $"\"p{i}\":{List(200_000)},");
            argument.Append("\"last\":");
            return Change(Ann, "$set", argument.Append(List(bytes - argument.Length - 1)).Append('}').ToString());
        }

        Assert.True(await IsTakenAsync(Sized(1_000_000)));
        Assert.False(await IsTakenAsync(Sized(1_000_001)));
        Assert.True(await IsTakenAsync(Change(Ann, "$set", $"{{\"a\":{List(256 << 10)}}}")));
        Assert.False(await IsTakenAsync(Change(Ann, "$set", $"{{\"a\":{List((256 << 10) + 1)}}}")));

        string Several(int count) => $"[{string.Join(",", Enumerable.Repeat(Change(Ann, "$set", "{\"a\":1}"), count))}]";
        Assert.True(await IsTakenAsync(Several(2_000)));
        using var tooMany = await host.PostAsync("/engage", Json(Several(2_001)), Basic(Secret));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, tooMany.StatusCode);
    }

    [Theory]
    [InlineData(TrackOutcome.LaneFull, HttpStatusCode.TooManyRequests)]
    [InlineData(TrackOutcome.Unavailable, HttpStatusCode.ServiceUnavailable)]
    public async Task WhatIsNotDurable_IsNotAcknowledged(TrackOutcome outcome, HttpStatusCode status)
    {
        await using var host = await WebHostFixture.StartAsync();
        host.Grains.SetOutcome = outcome;

        foreach (var (path, ids) in new[] { ("/engage", Ann), ("/engage", OfVisitor), ("/groups", OfAcme) })
        {
            using var answer = await host.PostAsync(path, Form(Change(ids, "$add", "{\"a\":1}")), Basic(Secret));
            Assert.Equal(status, answer.StatusCode);
            Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
            Assert.Equal("0", await answer.Content.ReadAsStringAsync());
        }
    }

    private static string Change(string ids, string operation, string argument, string more = "") =>
        $"{{\"$token\":\"t1\",{ids},{(more.Length > 0 ? more + "," : "")}\"{operation}\":{argument}}}";

    private static IEnumerable<(string Key, string Operation, string Argument)> Changed(WebHostFixture host) =>
        host.Grains.Calls.Where(call => call.Method == "ChangeProfile").SelectMany(call => ((ImmutableArray<ProfileUpdate>)call.Argument!)
            .Select(update => (call.Key, update.Operation, Encoding.UTF8.GetString(update.Argument.Span))));
}
