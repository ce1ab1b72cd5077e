using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.UnitTests.TestKit;

public sealed class MixpanelStandInTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http = new() { Timeout = Patience };
    private MixpanelStandIn _standIn = null!;

    public async ValueTask InitializeAsync() => _standIn = await MixpanelStandIn.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _standIn.DisposeAsync();
    }

    [Fact]
    public async Task AStoredBatch_IsRecordedInOrderWithItsIds()
    {
        using var answer = await ImportAsync(Event("a", device: "d"), Event("b", user: "u"), Event("c", device: "d", user: "u"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("""{"code":200,"num_records_imported":3,"status":"OK"}""", await answer.Content.ReadAsStringAsync());
        var arrivals = _standIn.Arrivals.Snapshot();
        Assert.Equal(["a", "b", "c"], arrivals.Select(arrival => arrival.Marker));
        Assert.Equal([1, 2, 3], arrivals.Select(arrival => arrival.Sequence));
        Assert.Equal(["$device:d", "u", "u"], arrivals.Select(arrival => arrival.DistinctId));
        Assert.All(arrivals, arrival => Assert.Equal(("token", 1L, "1700000000000"), (arrival.Token, arrival.Request, arrival.Time)));
        Assert.Empty(_standIn.Complaints);
    }

    [Fact]
    public async Task APoisonedAndABrokenRecord_AreNamedByIndexAndTheRestIsStored()
    {
        _standIn.Poison = arrival => arrival.Marker == "bad" ? "poison" : null;

        using var answer = await ImportAsync(Event("a", "d"), Event("bad", "d"), """{"event":"","properties":{}}""", Event("b", "d"));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal([1, 2], body.RootElement.GetProperty("failed_records").EnumerateArray().Select(record => record.GetProperty("index").GetInt32()));
        Assert.Equal(["a", "b"], _standIn.Arrivals.Snapshot().Select(arrival => arrival.Marker));
        Assert.Equal("bad", Assert.Single(_standIn.Refused.Snapshot()).Marker);
    }

    [Fact]
    public async Task ChangesOfProfiles_AreCarriedOutInOrder_AndAnErrorIsToldOnlyIfNoneIsGood()
    {
        const string good = """{"$token":"token","$distinct_id":"u","$set":{"a":1}}""";
        const string bad = """{"$token":"token","$set":{"a":1}}""";
        _standIn.PoisonProfile = change => change.Argument.Contains("poison", StringComparison.Ordinal) ? "poison" : null;
        using var mixed = await EngageAsync(good, bad, good.Replace("$set", "$unset", StringComparison.Ordinal));
        using var none = await EngageAsync(bad, good.Replace("1", "\"poison\"", StringComparison.Ordinal));
        _standIn.Faults = new FaultQueue().Then(new Fault.StorePrefix(1));
        using var half = await EngageAsync(good, good);
        using var imported = await ImportAsync(Event("a", "d"));

        Assert.Equal("""{"error":null,"status":1}""", await mixed.Content.ReadAsStringAsync());
        Assert.Equal((HttpStatusCode.OK, """{"error":"$distinct_id, missing or empty","status":0}"""), (none.StatusCode, await none.Content.ReadAsStringAsync()));
        Assert.Equal(HttpStatusCode.InternalServerError, half.StatusCode);
        Assert.Equal([(1, "$set"), (1, "$unset"), (3, "$set")], _standIn.Profiles.Snapshot().Select(change => (change.Request, change.Operation)));
        Assert.Equal(4, Assert.Single(_standIn.Arrivals.Snapshot()).Request);
        Assert.Empty(_standIn.Complaints);
    }

    private Task<HttpResponseMessage> EngageAsync(params string[] changes) => _http.PostAsync(
        new Uri(_standIn.Endpoint, "/engage?verbose=1"), new StringContent($"[{string.Join(',', changes)}]", Encoding.UTF8, "application/json"));

    public static TheoryData<Fault, HttpStatusCode, int> AnsweredFaults => new()
    {
        { new Fault.Throttle(), HttpStatusCode.TooManyRequests, 0 },
        { new Fault.ServerError(), HttpStatusCode.InternalServerError, 0 },
        { new Fault.ServerError(502), HttpStatusCode.BadGateway, 0 },
        { new Fault.Unauthorised(), HttpStatusCode.Unauthorized, 0 },
        { new Fault.TooLarge(), HttpStatusCode.RequestEntityTooLarge, 0 },
        { new Fault.StorePrefix(1), HttpStatusCode.InternalServerError, 1 },
    };

    [Theory]
    [MemberData(nameof(AnsweredFaults))]
    public async Task AFault_IsAnsweredOnceAndStoresWhatItSays(Fault fault, HttpStatusCode status, int stored)
    {
        _standIn.Faults = new FaultQueue().Then(fault);

        using var first = await ImportAsync(Event("a", "d"), Event("b", "d"));
        Assert.Equal(status, first.StatusCode);
        Assert.Equal(stored, _standIn.Arrivals.Count);

        using var second = await ImportAsync(Event("a", "d"), Event("b", "d"));
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
    }

    [Fact]
    public async Task AThrottleWithADelay_SendsRetryAfterInSeconds()
    {
        _standIn.Faults = new FaultQueue().Then(new Fault.Throttle(TimeSpan.FromSeconds(3)));

        using var answer = await ImportAsync(Event("a", "d"));

        Assert.Equal(TimeSpan.FromSeconds(3), answer.Headers.RetryAfter?.Delta);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task AReset_CutsTheConnectionAfterOrBeforeStoring(bool stored, int arrivals)
    {
        _standIn.Faults = new FaultQueue().Then(new Fault.Reset(stored));

        await Assert.ThrowsAsync<HttpRequestException>(() => ImportAsync(Event("a", "d")));

        Assert.Equal(arrivals, _standIn.Arrivals.Count);
    }

    [Fact]
    public async Task AHeldAnswer_ComesTooLateThoughEverythingIsStored()
    {
        _standIn.Faults = new FaultQueue().Then(new Fault.HoldAnswer(Patience));
        using var impatience = new CancellationTokenSource();

        var call = ImportAsync(impatience.Token, Event("a", "d"));
        await _standIn.Arrivals.WaitForMarkersAsync(["a"], Patience);
        Assert.False(call.IsCompleted);
        await impatience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task AFaultOfOneProject_LeavesTheOthersAlone()
    {
        _standIn.Faults = new FaultQueue("other").ThenAlways(new Fault.ServerError());

        using var answer = await ImportAsync(Event("a", "d"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task WhileAway_NobodyIsServed_AndAfterwardsTheSamePortIs()
    {
        await _standIn.GoAwayAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => ImportAsync(Event("a", "d")));

        await _standIn.ComeBackAsync();
        using var answer = await ImportAsync(Event("a", "d"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task RequestsHandledAtOneMoment_AreCountedForEachProject()
    {
        _standIn.Faults = new FaultQueue().Then(new Fault.HoldAnswer(Patience), times: 2);
        using var end = new CancellationTokenSource();

        Task[] held = [ImportAsync(end.Token, Event("a", "d")), ImportAsync(end.Token, Event("b", "d"))];
        await _standIn.Arrivals.WaitForMarkersAsync(["a", "b"], Patience);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(held));

        Assert.Equal(2, _standIn.MostInFlight("token"));
        Assert.Equal(0, _standIn.MostInFlight("other"));
    }

    [Fact]
    public async Task ARequestWithoutStrictMode_IsComplainedOf()
    {
        using var content = new StringContent("[]");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_standIn.Endpoint, "import")) { Content = content };
        request.Headers.Authorization = Basic();
        using var answer = await _http.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("400: strict=1 is missing", Assert.Single(_standIn.Complaints));
    }

    [Fact]
    public void ASeed_RepeatsItsFaults()
    {
        var requests = Enumerable.Range(1, 500).Select(number => new ImportRequest(number, "token", 7)).ToList();
        List<Fault> Faults(int seed)
        {
            var plan = new SeededFaults(seed, share: 0.5, holdsMax: 3);
            return [.. requests.Select(plan.Next)];
        }

        Assert.Equal(Faults(1), Faults(1));
        Assert.NotEqual(Faults(1), Faults(2));
        Assert.Equal(3, Faults(1).Count(fault => fault is Fault.HoldAnswer));
    }

    private Task<HttpResponseMessage> ImportAsync(params string[] events) => ImportAsync(CancellationToken.None, events);

    private async Task<HttpResponseMessage> ImportAsync(CancellationToken cancellationToken, params string[] events)
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync(Encoding.UTF8.GetBytes($"[{string.Join(',', events)}]"), cancellationToken);
        using var content = new ByteArrayContent(packed.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        content.Headers.ContentEncoding.Add("gzip");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_standIn.Endpoint, "import?strict=1")) { Content = content };
        request.Headers.Authorization = Basic();
        return await _http.SendAsync(request, cancellationToken);
    }

    private static AuthenticationHeaderValue Basic() => new("Basic", Convert.ToBase64String("token:"u8));

    private static string Event(string marker, string? device = null, string? user = null)
    {
        var properties = new Dictionary<string, object> { ["time"] = 1_700_000_000_000, ["$insert_id"] = "id-" + marker, ["n"] = marker };
        if (device is not null) properties["$device_id"] = device;
        if (user is not null) properties["$user_id"] = user;
        return string.Create(CultureInfo.InvariantCulture, $$"""{"event":"Article read","properties":{{JsonSerializer.Serialize(properties)}}}""");
    }
}
