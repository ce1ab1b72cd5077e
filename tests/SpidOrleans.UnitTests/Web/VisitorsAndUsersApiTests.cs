using System.Net;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public class VisitorsAndUsersApiTests
{
    private static readonly VisitorId Visitor = VisitorId.New();

    [Theory]
    [InlineData("GET /v1/%75sers/ann")]
    [InlineData("GET /%761/users/ann")]
    [InlineData("GET /v1/./users/ann")]
    [InlineData("GET /v1/visitors/../users/ann")]
    [InlineData("PUT /v1/user%73/ann/profile")]
    public async Task AUsersPath_ThatIsOneOnlyOnceDecoded_IsNotServed(string methodAndTarget)
    {
        await using var host = await WebHostFixture.StartAsync();

        var (status, body) = await host.SendRawAsync(methodAndTarget);

        Assert.Equal(404, status);
        Assert.Contains("\"status\":404", body, StringComparison.Ordinal);
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task AMintedVisitor_IsAVersion4UuidAndCostsNoGrainCall()
    {
        await using var host = await WebHostFixture.StartAsync();

        var response = await host.SendAsync(HttpMethod.Post, "/v1/visitors");

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.True(VisitorId.TryParse((await response.JsonAsync()).GetProperty("visitorId").GetString(), out _));
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task AVisitor_IsShownWithItsUserAndWhatWaits()
    {
        await using var host = await WebHostFixture.StartAsync();
        Assert.True(UserId.TryParse("ann", out var ann));
        host.Grains.Visitor = new VisitorDescription { UserId = ann, Pending = 3 };

        var linked = await (await host.SendAsync(HttpMethod.Get, $"/v1/visitors/{Visitor}")).Content.ReadAsStringAsync();
        host.Grains.Visitor = new VisitorDescription();
        var anonymous = await (await host.SendAsync(HttpMethod.Get, $"/v1/visitors/{Visitor}")).Content.ReadAsStringAsync();

        Assert.Equal($$$"""{"visitorId":"{{{Visitor}}}","userId":"ann","pending":3,"traits":{}}""", linked);
        Assert.Equal($$$"""{"visitorId":"{{{Visitor}}}","pending":0,"traits":{}}""", anonymous);
        Assert.Equal("news", host.Grains.Calls.First().Argument);
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("POST", "/login")]
    [InlineData("POST", "/registration")]
    [InlineData("POST", "/logout")]
    public async Task AVisitorId_ThatIsNoVersion4Uuid_IsRefused(string method, string call)
    {
        await using var host = await WebHostFixture.StartAsync();

        var response = await host.SendAsync(new HttpMethod(method), $"/v1/visitors/7b0a2b9e-5d3e-1b44-9f43-0d6a3e5d6a01{call}",
            method == "POST" ? """{"userId":"ann"}""" : null);

        Assert.NotEmpty((await response.ProblemAsync(400)).GetProperty("errors").GetProperty("visitorId")[0].GetString()!);
        Assert.Empty(host.Grains.Calls);
    }

    [Theory]
    [InlineData("login", "Login")]
    [InlineData("registration", "Signup completed")]
    public async Task ALogin_ReachesTheVisitorWithAllThatTheSenderKnows(string call, string eventName)
    {
        await using var host = await WebHostFixture.StartAsync();
        var successor = VisitorId.New();
        host.Grains.Login = (_, _) => new LoginResult { Outcome = TrackOutcome.Stored, VisitorId = successor, Merged = 2 };

        var response = await host.SendAsync(HttpMethod.Post, $"/v1/visitors/{Visitor}/{call}", """
            {"userId":"ann","time":1795478807652,"insertId":"l-1","properties":{"a":1},"profile":{"locale":"nb_NO"},
            "trackingRef":"ref","tag":"tag","flow":"signup"}
            """);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(
            $$"""{"visitorId":"{{successor}}","userId":"ann","merged":2,"rotated":true}""", await response.Content.ReadAsStringAsync());
        var request = Assert.IsType<LoginRequest>(host.Grains.Calls.Single().Argument);
        Assert.Equal("v:" + Visitor, host.Grains.Calls.Single().Key);
        Assert.Equal((eventName, 1795478807652, "l-1"), (request.Event.Name, request.Event.TimeMs, request.Event.InsertId));
        Assert.Equal("nb_NO", request.Profile!.Locale);
        Assert.Equal(new Tracking { Ref = "ref", Tag = "tag", Flow = "signup" }, request.Tracking);
    }

    [Fact]
    public async Task ALogin_ThatKeepsTheVisitor_IsNotRotated()
    {
        await using var host = await WebHostFixture.StartAsync();

        var response = await host.SendAsync(HttpMethod.Post, $"/v1/visitors/{Visitor}/login", """{"userId":"ann"}""");

        Assert.False((await response.JsonAsync()).GetProperty("rotated").GetBoolean());
    }

    [Theory]
    [InlineData(TrackOutcome.LaneFull, 429)]
    [InlineData(TrackOutcome.Unavailable, 503)]
    public async Task ALoginOrLogout_ThatIsNotDurable_IsToBeSentAgain(TrackOutcome outcome, int status)
    {
        await using var host = await WebHostFixture.StartAsync();
        host.Grains.Login = (visitor, _) => new LoginResult { Outcome = outcome, VisitorId = visitor };
        host.Grains.Logout = visitor => new LogoutResult { Outcome = outcome, VisitorId = visitor };

        foreach (var (call, body) in new[] { ("login", """{"userId":"ann"}"""), ("logout", "{}") })
        {
            var response = await host.SendAsync(HttpMethod.Post, $"/v1/visitors/{Visitor}/{call}", body);
            await response.ProblemAsync(status);
            Assert.True(response.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        }
    }

    [Fact]
    public async Task AnInvalidLogin_NamesThePlace()
    {
        await using var host = await WebHostFixture.StartAsync();

        var response = await host.SendAsync(HttpMethod.Post, $"/v1/visitors/{Visitor}/login", """{"userId":"null","profile":{"birthday":"soon"}}""");

        var errors = (await response.ProblemAsync(400)).GetProperty("errors");
        Assert.True(errors.TryGetProperty("userId", out _) && errors.TryGetProperty("profile.birthday", out _));
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task ALogout_AnswersTheFreshVisitor()
    {
        await using var host = await WebHostFixture.StartAsync();
        var fresh = VisitorId.New();
        host.Grains.Logout = _ => new LogoutResult { Outcome = TrackOutcome.Stored, VisitorId = fresh };

        var response = await host.SendAsync(HttpMethod.Post, $"/v1/visitors/{Visitor}/logout", """{"ip":"192.0.2.1"}""");

        Assert.Equal($$"""{"visitorId":"{{fresh}}"}""", await response.Content.ReadAsStringAsync());
        Assert.Equal("192.0.2.1", Assert.IsType<LogoutRequest>(host.Grains.Calls.Single().Argument).Ip);
    }

    [Theory]
    [InlineData("ann", "ann")]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("..", "..")]
    [InlineData("%2e%2e", "..")]
    [InlineData("..%2F..%2Fhealth", "../../health")]
    [InlineData("-", "-")]
    [InlineData("profile", "profile")]
    [InlineData("%C3%A5se%20x", "åse x")]
    [InlineData("a%3Fb%23c", "a?b#c")]
    [InlineData("ann@news.test?x=1", "ann@news.test")]
    public async Task EveryUserId_IsAddressableByItsEncodedForm(string encoded, string userId)
    {
        await using var host = await WebHostFixture.StartAsync();

        var (status, body) = await host.SendRawAsync($"GET /v1/users/{encoded}");

        Assert.True(status == 200, body);
        Assert.Equal(["u:" + userId], host.Grains.Calls.Select(call => call.Key).Distinct());
    }

    [Theory]
    [InlineData("%zz", 400)]
    [InlineData("%C3", 400)]
    [InlineData("null", 400)]
    [InlineData("%24device:x", 400)]
    [InlineData("a/b", 404)]
    [InlineData("", 404)]
    public async Task APathThatNamesNoUser_ReachesNoGrain(string encoded, int status)
    {
        await using var host = await WebHostFixture.StartAsync();

        Assert.Equal(status, (await host.SendRawAsync($"GET /v1/users/{encoded}")).Status);
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task AUser_IsShownWithVisitorsAndProfile()
    {
        await using var host = await WebHostFixture.StartAsync();
        host.Grains.User = new UserDescription
        {
            Visitors = [Visitor],
            Pending = 1,
            Profile = new UserProfile { Birthday = new DateOnly(1980, 2, 29), Gender = "female" },
        };

        var body = await (await host.SendAsync(HttpMethod.Get, "/v1/users/ann")).Content.ReadAsStringAsync();

        Assert.Equal(
            $$$"""{"userId":"ann","visitors":["{{{Visitor}}}"],"pending":1,"profile":{"birthday":"1980-02-29","gender":"female"},"traits":{}}""", body);
    }

    [Fact]
    public async Task AProfile_IsTakenOverFieldByField()
    {
        await using var host = await WebHostFixture.StartAsync();
        host.Grains.User = new UserDescription { Profile = new UserProfile { GivenName = "Ann", Locale = "sv_SE" } };

        var response = await host.SendAsync(HttpMethod.Put, "/v1/users/a%2Fb/profile", """{"locale":"nb_NO"}""");

        Assert.Equal("""{"userId":"a/b","profile":{"locale":"nb_NO","givenName":"Ann"}}""", await response.Content.ReadAsStringAsync());
        Assert.All(host.Grains.Calls, call => Assert.Equal("u:a/b", call.Key));
        var refused = await host.SendAsync(HttpMethod.Put, "/v1/users/ann/profile", """{"gender":"x"}""");
        Assert.True((await refused.ProblemAsync(400)).GetProperty("errors").TryGetProperty("gender", out _));
    }
}
