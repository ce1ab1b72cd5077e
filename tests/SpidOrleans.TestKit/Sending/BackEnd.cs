using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SpidOrleans.TestKit.Hosting;

namespace SpidOrleans.TestKit.Sending;

/// <summary>A client's back end: speaks <c>/v1</c> with its own credentials and, like a good one, resends the same
/// until it is acknowledged.</summary>
public sealed class BackEnd : IDisposable
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ResendAfter = TimeSpan.FromMilliseconds(150);
    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly HttpClient _http;
    private readonly TimeSpan _patience;

    /// <param name="patience">How long a call is resent before it fails.</param>
    public BackEnd(Uri address, TestClient client, TimeSpan? patience = null)
        : this(new SocketsHttpHandler { UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(5) }, address, client, patience)
    {
    }

    /// <summary>Speaks with the silos that a balancer chooses.</summary>
    /// <param name="patience">How long a call is resent before it fails.</param>
    public BackEnd(Balancer balancer, TestClient client, TimeSpan? patience = null)
        : this(balancer, Balancer.Address, client, patience)
    {
    }

    /// <summary>Speaks through a handler, which is its own from now on.</summary>
    /// <param name="patience">How long a call is resent before it fails.</param>
    public BackEnd(HttpMessageHandler handler, Uri address, TestClient client, TimeSpan? patience = null)
    {
        Client = client;
        _patience = patience ?? TimeSpan.FromSeconds(60);
        _http = new HttpClient(handler)
        {
            BaseAddress = address,
            Timeout = AnswerTimeout,
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{client.ClientId}:{client.Secret}")));
    }

    public TestClient Client { get; }

    /// <summary>One call, one answer.</summary>
    public Task<HttpResponseMessage> TrackAsync(params IReadOnlyList<BackEndEvent> events) => PostAsync("v1/events", new { events });

    /// <exception cref="ArgumentException">An event without time or insert id: a resend could not be the same event.</exception>
    public async Task TrackUntilAcceptedAsync(params IReadOnlyList<BackEndEvent> events)
    {
        if (events.Any(one => one.Time is null || one.InsertId is null))
            throw new ArgumentException("Only events with time and insert id can be resent.", nameof(events));
        (await UntilAcceptedAsync(() => TrackAsync(events))).Dispose();
    }

    public Task<LoginAnswer> LoginUntilAcceptedAsync(string visitorId, LoginCall login) =>
        ReadUntilAcceptedAsync<LoginAnswer>(() => PostAsync($"v1/visitors/{visitorId}/login", login));

    /// <returns>The fresh visitor that this browser is from now on.</returns>
    public async Task<string> LogoutUntilAcceptedAsync(string visitorId) =>
        (await ReadUntilAcceptedAsync<VisitorAnswer>(() => PostAsync($"v1/visitors/{visitorId}/logout", new { }))).VisitorId;

    public Task<VisitorAnswer> DescribeVisitorAsync(string visitorId) =>
        ReadUntilAcceptedAsync<VisitorAnswer>(() => _http.GetAsync(new Uri($"v1/visitors/{visitorId}", UriKind.Relative)));

    /// <param name="person"><c>visitors/…</c> or <c>users/…</c>.</param>
    public async Task SetConsentUntilAcceptedAsync(string person, bool tracking) =>
        (await UntilAcceptedAsync(() => _http.PutAsJsonAsync(new Uri($"v1/{person}/consent", UriKind.Relative), new { tracking }, Json))).Dispose();

    public void Dispose() => _http.Dispose();

    private Task<HttpResponseMessage> PostAsync<T>(string path, T body) =>
        _http.PostAsJsonAsync(new Uri(path, UriKind.Relative), body, Json);

    private async Task<T> ReadUntilAcceptedAsync<T>(Func<Task<HttpResponseMessage>> call)
    {
        using var answer = await UntilAcceptedAsync(call);
        return (await answer.Content.ReadFromJsonAsync<T>(Json))!;
    }

    private async Task<HttpResponseMessage> UntilAcceptedAsync(Func<Task<HttpResponseMessage>> call)
    {
        using var limit = new CancellationTokenSource(_patience);
        var last = "no answer";
        while (!limit.IsCancellationRequested)
        {
            try
            {
                var answer = await call();
                if (answer.IsSuccessStatusCode) return answer;
                last = $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(limit.Token)}";
                answer.Dispose();
                if (answer.StatusCode is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests))
                    throw new UnexpectedAnswerException(last);
            }
            catch (Exception unknown) when (unknown is HttpRequestException or IOException or OperationCanceledException)
            {
                last = unknown.Message;
            }

            await Task.Delay(ResendAfter, limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        throw new TimeoutException($"Not accepted within {_patience.TotalSeconds:0} s; last: {last}");
    }
}
