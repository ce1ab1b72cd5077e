using System.Net;
using System.Text;
using SpidOrleans.Contracts.DeadLetters;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public class DeadLettersApiTests
{
    private const string Payload = """{"event":"Order","properties":{"time":1,"amount": 9.90}}""";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ALetter_IsShownWithItsBytes_ToClientsOfItsProjectAlone(bool isFacade)
    {
        await using var host = await HostAsync(isFacade);

        var one = await host.SendAsync(HttpMethod.Get, "/v1/dead-letters/7");
        Assert.Contains("\"payload\":" + Payload, await one.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(("7", "ann", "event", "no", 2), (
            (await one.JsonAsync()).GetProperty("id").GetString(), (await one.JsonAsync()).GetProperty("userId").GetString(), (await one.JsonAsync()).GetProperty("kind").GetString(),
            (await one.JsonAsync()).GetProperty("reason").GetString(), (await one.JsonAsync()).GetProperty("attempts").GetInt32()));
        await (await host.SendAsync(HttpMethod.Get, "/v1/dead-letters/7", credentials: "partner:partner-secret")).ProblemAsync(404);
        await (await host.SendAsync(HttpMethod.Get, "/v1/dead-letters/8")).ProblemAsync(404);
        await (await host.SendAsync(HttpMethod.Get, "/v1/dead-letters/x")).ProblemAsync(404);
        await (await host.SendAsync(HttpMethod.Get, "/v1/dead-letters", credentials: null)).ProblemAsync(401);
    }

    [Fact]
    public async Task AList_TellsWhatWasAskedFor_AndWhereItGoesOn()
    {
        await using var host = await HostAsync();
        host.Grains.NextLetters = new DeadLetterCursor(7, 12);

        var page = await (await host.SendAsync(HttpMethod.Get,
            "/v1/dead-letters?event=Order%20now&userId=ann&visitorId=7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01&insertId=i&reason=too%20long&from=1&to=2&limit=5&cursor=3-9")).JsonAsync();

        Assert.Equal("7-12", page.GetProperty("next").GetString());
        Assert.Equal("7", page.GetProperty("deadLetters")[0].GetProperty("id").GetString());
        var query = (DeadLetterQuery)host.Grains.Calls.Single().Argument!;
        Assert.Equal(("Order now", "ann", "i", "too long", 1L, 2L, 5, new DeadLetterCursor(3, 9)), (
            query.Event, query.User?.ToString(), query.InsertId, query.Reason, query.FromMs, query.ToMs, query.Limit, query.Cursor));
        Assert.Equal("news", host.Grains.Calls.Single().Key);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=1001", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("cursor=7", "cursor")]
    [InlineData("visitorId=7", "visitorId")]
    [InlineData("userId=null", "userId")]
    [InlineData("from=yesterday", "from")]
    [InlineData("event=a&event=b", "event")]
    [InlineData("evnet=a", "evnet")]
    [InlineData("all=true", "all")]
    public async Task AList_OfAnInvalidQuestion_IsRefused(string query, string place)
    {
        await using var host = await HostAsync();

        var problem = await (await host.SendAsync(HttpMethod.Get, "/v1/dead-letters?" + query)).ProblemAsync(400);

        Assert.True(problem.GetProperty("errors").TryGetProperty(place, out _));
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task AReplay_TakesARepairByTheEventRules_OrNone()
    {
        await using var host = await HostAsync();

        var refused = await (await host.SendAsync(HttpMethod.Post, "/v1/dead-letters/7/replay",
            """{"event":"","time":5,"insertId":"a b","properties":{"$user_id":"eve"},"userId":"eve"}""")).ProblemAsync(400);
        Assert.Equal(["event", "insertId", "properties.$user_id", "time", "userId"], refused.GetProperty("errors").EnumerateObject().Select(error => error.Name).Order(StringComparer.Ordinal));
        Assert.Empty(host.Grains.Calls);

        var done = await host.SendAsync(HttpMethod.Post, "/v1/dead-letters/7/replay", """{"properties":{"amount":10}}""");
        Assert.Equal(HttpStatusCode.Accepted, done.StatusCode);
        Assert.Equal(1, (await done.JsonAsync()).GetProperty("count").GetInt32());
        var repair = (EventRepair)host.Grains.Calls.Single().Argument!;
        Assert.Equal(("""{"amount":10}""", null), (Encoding.UTF8.GetString(repair.Properties!.Value.Span), repair.Name));
        await (await host.SendAsync(HttpMethod.Post, "/v1/dead-letters/7/replay")).ProblemAsync(404);
        Assert.Null(host.Grains.Calls.Last().Argument);
    }

    [Fact]
    public async Task ChangesOfMany_NameThemOrSayAll()
    {
        await using var host = await HostAsync();

        await (await host.SendAsync(HttpMethod.Delete, "/v1/dead-letters")).ProblemAsync(400);
        await (await host.SendAsync(HttpMethod.Post, "/v1/dead-letters/replay?limit=5")).ProblemAsync(400);
        Assert.Empty(host.Grains.Calls);

        var discarded = await host.SendAsync(HttpMethod.Delete, "/v1/dead-letters?all=true");
        var replayed = await host.SendAsync(HttpMethod.Post, "/v1/dead-letters/replay?event=Order");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Accepted), (discarded.StatusCode, replayed.StatusCode));
        Assert.Equal(["DiscardLetters", "ReplayLetters"], host.Grains.Calls.Select(call => call.Method));
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Delete, "/v1/dead-letters/7")).StatusCode);
        await (await host.SendAsync(HttpMethod.Delete, "/v1/dead-letters/7")).ProblemAsync(404);
    }

    [Fact]
    public async Task ALetterOfAGroup_IsNobodys()
    {
        await using var host = await HostAsync();
        host.Grains.Letters[7] = host.Grains.Letters[7] with { Identity = "g:company/acme" };

        var letter = await (await host.SendAsync(HttpMethod.Get, "/v1/dead-letters/7")).JsonAsync();

        Assert.Equal("group", letter.GetProperty("kind").GetString());
        Assert.False(letter.TryGetProperty("userId", out _) || letter.TryGetProperty("visitorId", out _));
    }

    private static async Task<WebHostFixture> HostAsync(bool isFacade = false)
    {
        var host = await WebHostFixture.StartHostAsync(isFacade);
        host.Grains.Letters[7] = new DeadLetter
        {
            Id = 7,
            Identity = "u:ann",
            Reason = "no",
            Attempts = 2,
            RefusedAtMs = 5,
            TimeMs = 1,
            Payload = Encoding.UTF8.GetBytes(Payload),
        };
        return host;
    }
}
