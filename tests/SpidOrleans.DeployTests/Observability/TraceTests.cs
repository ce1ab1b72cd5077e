using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.DeployTests.Observability;

/// <summary>What leaves over OTLP.</summary>
public sealed class TraceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task OneTrace_LeadsFromTheRequestThroughTheCommitToMixpanelsAnswer_AndNamesNobody()
    {
        await using var collector = await Collector.StartAsync();
        await using var mixpanel = await MixpanelStandIn.StartAsync();
        await using var silo = await StartAsync(mixpanel, collector, "parentbased_always_off");
        using var http = Client(silo);
        var (visitor, user, trace) = ($"{Guid.NewGuid()}", $"user-{Guid.NewGuid():n}", ActivityTraceId.CreateRandom().ToHexString());

        // The caller samples all but the second.
        await SendAsync(http, $"/v1/events?secret={user}", new { events = new object[] { new { @event = "visit", visitorId = visitor, properties = new { secret = user } } } }, Traceparent(trace));
        await SendAsync(http, "/v1/events", new { events = new object[] { new { @event = "visit", visitorId = visitor } } }, null);
        var login = ActivityTraceId.CreateRandom().ToHexString();
        await SendAsync(http, $"/v1/visitors/{visitor}/login?secret={user}", new { userId = user }, Traceparent(login));
        var order = ActivityTraceId.CreateRandom().ToHexString();
        await SendAsync(http, "/v1/events", new { events = new object[] { new { @event = "order", visitorId = visitor } } }, Traceparent(order));
        await mixpanel.Arrivals.WaitForCountAsync(4, Patience);

        await collector.UntilAsync(seen => seen.Spans.Contains((trace, "mixpanel send")) && seen.Spans.Contains((order, "mixpanel send")) && seen.Spans.Any(span => span.Trace == login));
        foreach (var request in (string[])[trace, order])
            foreach (var name in (string[])["POST /v1/events", "outbox commit"]) Assert.Contains((request, name), collector.Spans);
        // Of a visitor who is a user by now, events go through the grains.
        Assert.Contains(collector.Spans, span => span.Trace == order && span.Name.Contains("IVisitorGrain", StringComparison.Ordinal));
        Assert.Contains((login, "POST /v1/visitors/{visitorId}/login"), collector.Spans);
        Assert.Contains((login, "outbox commit"), collector.Spans);
        // Whoever is not sampled, and what the silo does by itself, is not among them.
        Assert.DoesNotContain(collector.Spans, span => span.Trace != trace && span.Trace != login && span.Trace != order);
        foreach (var key in (string[])["url.query", "url.path", "user_agent", "client.address", "target_id"]) Assert.DoesNotContain(key, collector.TextOfTraces, StringComparison.Ordinal);
        Assert.DoesNotContain(visitor, collector.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(user, collector.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(mixpanel.Complaints);
    }

    [Fact]
    public async Task MetricsAndLogs_LeaveToo()
    {
        await using var collector = await Collector.StartAsync();
        await using var mixpanel = await MixpanelStandIn.StartAsync();
        await using var silo = await StartAsync(mixpanel, collector, "always_off", ("OTEL_METRIC_EXPORT_INTERVAL", "500"));

        await collector.UntilAsync(seen => seen.Text.Contains("spid.events.accepted", StringComparison.Ordinal) && seen.Text.Contains("Now listening on", StringComparison.Ordinal));
        Assert.Equal(["/v1/logs", "/v1/metrics"], collector.Paths.Order());
        Assert.Contains("spidorleans-silo", collector.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnEndpointThatIsNone_StopsTheStartWithALineThatNamesIt()
    {
        var failure = await Assert.ThrowsAsync<SiloFailedException>(() => SiloProcess.StartAsync(new SiloSettings
        {
            Mixpanel = new Uri("http://127.0.0.1:9/"),
            More = new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "localhost:4317" },
        }));

        Assert.Contains("configuration: OTEL_EXPORTER_OTLP_ENDPOINT is '***'; expected an http or https URL", failure.Message, StringComparison.Ordinal);
    }

    private static Task<SiloProcess> StartAsync(MixpanelStandIn mixpanel, Collector collector, string sampler, params (string Key, string Value)[] more) =>
        SiloProcess.StartAsync(new SiloSettings
        {
            Mixpanel = mixpanel.Endpoint,
            More = new Dictionary<string, string>(more.Select(pair => KeyValuePair.Create(pair.Key, pair.Value)))
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Endpoint.ToString(),
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_TRACES_SAMPLER"] = sampler,
                ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            },
        });

    private static HttpClient Client(SiloProcess silo)
    {
        // No header of this process' own.
        var handler = new SocketsHttpHandler { ActivityHeadersPropagator = null };
        var http = new HttpClient(handler) { BaseAddress = silo.Address, Timeout = TimeSpan.FromSeconds(20) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{TestClient.News.ClientId}:{TestClient.News.Secret}")));
        return http;
    }

    private static async Task SendAsync(HttpClient http, string path, object body, string? traceparent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        if (traceparent is not null) request.Headers.Add("traceparent", traceparent);
        using var answer = await http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }

    private static string Traceparent(string trace) => $"00-{trace}-{ActivitySpanId.CreateRandom()}-01";
}
