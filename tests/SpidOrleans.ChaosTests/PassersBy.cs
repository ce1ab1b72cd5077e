using System.Net;
using System.Net.Http.Headers;
using System.Text;
using SpidOrleans.TestKit.Hosting;
using Xunit;

namespace SpidOrleans.ChaosTests;

/// <summary>Callers who do nothing but look: bots, first visits, back ends that ask for visitors of whom nothing is known.</summary>
internal sealed class PassersBy : IDisposable
{
    public const string Origin = "https://www.news.test";

    /// <summary>Of each kind.</summary>
    private const int Many = 300;

    private const int AtOnce = 8;
    private const string CookieName = "SPID_VISITOR";

    private static readonly Uri Session = new($"rpc/hasSession.js?callback=f1&redirect_uri={Uri.EscapeDataString(Origin + "/")}&client_id={TestClient.News.ClientId}", UriKind.Relative);

    private readonly HttpClient _http;

    public PassersBy(Uri silo)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = silo };
        Kinds =
        [
            ("a first visit", () => LookAsync(Origin + "/", cookie: null)),
            ("a bot on another page", () => LookAsync("https://elsewhere.test/", cookie: null)),
            ("a forged cookie", () => LookAsync(Origin + "/", $"{Guid.NewGuid()}.{new string('A', 43)}")),
            ("a second visit", LookTwiceAsync),
            ("POST /v1/visitors", () => CallAsync(HttpMethod.Post, "v1/visitors", HttpStatusCode.Created)),
            ("GET /v1/visitors/{unknown}", () => CallAsync(HttpMethod.Get, $"v1/visitors/{Guid.NewGuid()}", HttpStatusCode.OK)),
        ];
    }

    public IReadOnlyList<(string Name, Func<Task> CallAsync)> Kinds { get; }

    public static Task ComeAsync(Func<Task> call) => Parallel.ForAsync(0, Many, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (_, _) => await call());

    public void Dispose() => _http.Dispose();

    private async Task LookTwiceAsync()
    {
        var cookie = await LookAsync(Origin + "/", cookie: null);
        Assert.NotNull(cookie);
        // Who is recognised keeps the cookie.
        Assert.Null(await LookAsync(Origin + "/", cookie));
    }

    /// <returns>The cookie that came with the answer; null if none did, as whoever asks from elsewhere must find.</returns>
    private async Task<string?> LookAsync(string page, string? cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Session);
        request.Headers.Referrer = new Uri(page);
        if (cookie is not null) request.Headers.Add("Cookie", $"{CookieName}={cookie}");
        using var answer = await _http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var isOwn = page.StartsWith(Origin, StringComparison.Ordinal);
        Assert.Equal(isOwn, (await answer.Content.ReadAsStringAsync()).Contains("\"visitor\":{\"uid\":", StringComparison.Ordinal));
        if (!answer.Headers.TryGetValues("Set-Cookie", out var set)) return null;
        Assert.True(isOwn, "a cookie for a page that is nobody's");
        return Assert.Single(set).Split(';')[0][(CookieName.Length + 1)..];
    }

    private async Task CallAsync(HttpMethod method, string path, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{TestClient.News.ClientId}:{TestClient.News.Secret}")));
        using var answer = await _http.SendAsync(request);
        Assert.Equal(expected, answer.StatusCode);
    }
}
