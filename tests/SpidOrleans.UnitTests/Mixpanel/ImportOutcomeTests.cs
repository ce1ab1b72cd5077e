using SpidOrleans.Mixpanel.Delivery;
using Xunit;

namespace SpidOrleans.UnitTests.Mixpanel;

public sealed class ImportOutcomeTests : IAsyncLifetime
{
    private const string Page = "<html><body><h1>It did not work</h1></body></html>";

    private readonly ClientUnderTest _sut = new();
    private AnsweringServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await AnsweringServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _sut.Dispose();
        await _server.DisposeAsync();
    }

    private Task<SendOutcome> AnsweredAsync(int status, string body, int events = 1, string type = "application/json")
    {
        _server.Answer = context => AnsweringServer.WriteAsync(context, status, body, type);
        return _sut.SendAsync(_server.Endpoint, events);
    }

    [Theory]
    [InlineData("""{"code":200,"num_records_imported":3,"status":"OK"}""")]
    [InlineData("""{"code":200,"num_records_imported":3,"status":1}""")]
    [InlineData("""{"code":200,"status":"OK"}""")]
    public async Task Answer200_WithCode200_IsAccepted(string body) =>
        Assert.Equal(new SendOutcome.Accepted(), await AnsweredAsync(200, body, events: 3));

    [Theory]
    [InlineData("""{"code":200,"num_records_imported":2,"status":"OK"}""")]
    [InlineData("""{"code":200,"num_records_imported":"3","status":"OK"}""")]
    [InlineData("""{"code":400,"num_records_imported":3,"status":"OK"}""")]
    [InlineData("""{"num_records_imported":3,"status":"OK"}""")]
    [InlineData("""{"code":200,"num_records_imp""")]
    [InlineData("1")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData(Page)]
    public async Task Answer200_ThatDoesNotConfirmAllEvents_IsRetried(string body)
    {
        var retry = Assert.IsType<SendOutcome.Retry>(await AnsweredAsync(200, body, events: 3));

        Assert.Equal(200, retry.StatusCode);
        Assert.False(retry.Throttled);
    }

    [Fact]
    public async Task Answer400_NamingRecords_RefusesThemByIndexWhateverTheirIdIsCalled()
    {
        var outcome = await AnsweredAsync(400, """
            {"code":400,"error":"some data points in the request failed validation","failed_records":[
              {"index":2,"$insert_id":"zzz","field":"event","message":"'event' must not be missing or blank"},
              {"index":0,"insert_id":"not ours","field":"properties.time","message":"too old"},
              {"index":2,"field":"properties.time","message":"said twice"}],
             "num_records_imported":2,"status":"Bad Request"}
            """, events: 4);

        var refused = Assert.IsType<SendOutcome.Refused>(outcome);
        Assert.Equal(
            [new RefusedEvent(0, "properties.time", "too old"), new RefusedEvent(2, "event", "'event' must not be missing or blank")],
            refused.Events);
    }

    [Fact]
    public async Task Answer400_WithoutTheCount_IsBelievedByItsRecords()
    {
        var outcome = await AnsweredAsync(400, """{"failed_records":[{"index":1}]}""", events: 2);

        var refused = Assert.Single(Assert.IsType<SendOutcome.Refused>(outcome).Events);
        Assert.Equal(1, refused.Index);
        Assert.NotEmpty(refused.Message);
    }

    public static TheoryData<string> UnusableRefusals =>
    [
        """{"code":400,"error":"why not"}""",
        """{"code":400,"error":"why not","failed_records":[]}""",
        """{"code":400,"error":"why not","failed_records":null}""",
        """{"code":400,"error":"why not","failed_records":{"index":0}}""",
        """{"code":400,"error":"why not","failed_records":[0]}""",
        """{"code":400,"error":"why not","failed_records":[{"field":"event"}]}""",
        """{"code":400,"error":"why not","failed_records":[{"index":"0"}]}""",
        """{"code":400,"error":"why not","failed_records":[{"index":-1}]}""",
        """{"code":400,"error":"why not","failed_records":[{"index":5}]}""",
        """{"code":400,"error":"why not","failed_records":[{"index":99999999999}]}""",
    ];

    [Theory]
    [MemberData(nameof(UnusableRefusals))]
    public async Task Answer400_WithoutUsableRecords_IsUnclearForABatchOfFive(string body) =>
        Assert.Equal(new SendOutcome.Unclear("why not"), await AnsweredAsync(400, body, events: 5));

    [Theory]
    [MemberData(nameof(UnusableRefusals))]
    public async Task Answer400_WithoutUsableRecords_RefusesABatchOfOneWithTheAnswersText(string body)
    {
        var refused = Assert.IsType<SendOutcome.Refused>(await AnsweredAsync(400, body, events: 1));

        Assert.Equal([new RefusedEvent(0, null, "why not")], refused.Events);
    }

    [Fact]
    public async Task Answer400_WithOneBadIndexAmongGoodOnes_IsUnclear()
    {
        var body = """{"error":"why not","failed_records":[{"index":0,"message":"a"},{"index":5,"message":"b"}]}""";

        Assert.IsType<SendOutcome.Unclear>(await AnsweredAsync(400, body, events: 5));
    }

    [Theory]
    [InlineData(3, false)]
    [InlineData(4, true)]
    [InlineData(5, true)]
    public async Task Answer400_IsBelievedOnlyIfTheOthersAreStored(int stored, bool isBelieved)
    {
        var body = $$"""{"failed_records":[{"index":0,"message":"a"}],"num_records_imported":{{stored}}}""";

        var outcome = await AnsweredAsync(400, body, events: 5);

        Assert.IsType(isBelieved ? typeof(SendOutcome.Refused) : typeof(SendOutcome.Unclear), outcome);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task Answer400_ThatIsAPage_RefusesNothing(int events)
    {
        var retry = Assert.IsType<SendOutcome.Retry>(await AnsweredAsync(400, Page, events, "text/html"));

        Assert.Equal(400, retry.StatusCode);
    }

    [Fact]
    public async Task Answer400_WithAnEndlessMessage_IsCut()
    {
        var body = $$"""{"failed_records":[{"index":0,"message":"{{new string('m', 5_000)}}"}]}""";

        var refused = Assert.IsType<SendOutcome.Refused>(await AnsweredAsync(400, body));

        Assert.Equal(500, refused.Events[0].Message.Length);
    }

    [Fact]
    public async Task Answer400_WithAMessageThatNoDatabaseTakes_IsCleaned()
    {
        var body = $$"""{"failed_records":[{"index":0,"message":"a\u0000b{{new string('m', 496)}}\ud83d\ude00"}]}""";

        var refused = Assert.IsType<SendOutcome.Refused>(await AnsweredAsync(400, body));

        Assert.Equal("a\uFFFDb" + new string('m', 496) + "\uFFFD", refused.Events[0].Message);
    }

    [Fact]
    public async Task Answer400_WithTextThatIsNotUnicode_RefusesNothing() =>
        Assert.IsType<SendOutcome.Retry>(await AnsweredAsync(400, """{"error":"\ud800"}"""));

    [Theory]
    [InlineData(401, """{"code":401,"error":"Invalid credentials","status":"Unauthorized"}""")]
    [InlineData(403, Page)]
    [InlineData(401, "")]
    public async Task Answer401And403_AreUnauthorisedWhateverTheBody(int status, string body) =>
        Assert.Equal(new SendOutcome.Unauthorised(status), await AnsweredAsync(status, body));

    [Theory]
    [InlineData("""{"code":413,"error":"request exceeds max limit of 2097152 bytes","status":"Request Entity Too Large"}""")]
    [InlineData(Page)]
    [InlineData("")]
    public async Task Answer413_IsTooLargeWhateverTheBody(string body) =>
        Assert.Equal(new SendOutcome.TooLarge(), await AnsweredAsync(413, body, events: 2));

    [Theory]
    [InlineData(429, true)]
    [InlineData(408, false)]
    [InlineData(500, false)]
    [InlineData(502, false)]
    [InlineData(503, false)]
    [InlineData(504, false)]
    [InlineData(404, false)]
    [InlineData(405, false)]
    [InlineData(204, false)]
    public async Task Answer_ThatSaysNothingAboutTheEvents_IsRetried(int status, bool isThrottled)
    {
        var body = status == 204 ? "" : "upstream connect error";

        var retry = Assert.IsType<SendOutcome.Retry>(await AnsweredAsync(status, body, type: "text/plain"));

        Assert.Equal(status, retry.StatusCode);
        Assert.Equal(isThrottled, retry.Throttled);
        Assert.Null(retry.After);
    }

    [Fact]
    public async Task Redirect_IsNotFollowed()
    {
        _server.Answer = context =>
        {
            context.Response.Redirect(new Uri(_server.Endpoint, "/elsewhere").AbsoluteUri);
            return Task.CompletedTask;
        };

        var retry = Assert.IsType<SendOutcome.Retry>(await _sut.SendAsync(_server.Endpoint));

        Assert.Equal(302, retry.StatusCode);
        Assert.Single(_server.Arrivals);
    }
}
