using System.Text.Json;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Sending;
using Xunit;

namespace SpidOrleans.ChaosTests.Clusters;

/// <summary>Browsers of the site whose pages ask who is there, again and again, through whichever silo is next; each is one person's, who
/// signs in somewhere in between. A browser that finds another visitor id than its first, or another person, ends the script.</summary>
internal sealed class Browsers : IDisposable
{
    private const string CookieName = "SPID_VISITOR";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(20);

    private static readonly Uri Session = new(
        $"rpc/hasSession.js?callback=f1&redirect_uri={Uri.EscapeDataString(PassersBy.Origin + "/")}&client_id={TestClient.News.ClientId}", UriKind.Relative);

    private readonly HttpClient _http;
    private readonly Browser[] _all;

    public Browsers(Load load, int count)
    {
        _http = new HttpClient(load.Balancer, disposeHandler: false) { BaseAddress = Balancer.Address, Timeout = AnswerTimeout };
        _all = [.. Enumerable.Range(0, count).Select(number => new Browser($"reader-{number}", load.Sender($"browser{number}")))];
    }

    /// <summary>The visitor and the user of each, once all have signed in.</summary>
    public IReadOnlyDictionary<string, string> Links => _all.ToDictionary(one => one.Visitor!, one => one.User);

    /// <summary>Each asks so often that it is answered so many times, and so on after it has signed in.</summary>
    /// <param name="signingIn">Ends when some have signed in and others have not.</param>
    public Task AskAndSignInAsync(int times, TaskCompletionSource signingIn)
    {
        var signedIn = 0;
        return Task.WhenAll(_all.Select(async (one, number) =>
        {
            // Each at another moment.
            for (var asked = 0; asked <= times + number; asked++) await AskAsync(one);
            Assert.Equal(one.Visitor, await one.Sender.LoginAsync(one.Visitor!, one.User));
            if (Interlocked.Increment(ref signedIn) == _all.Length / 4) signingIn.SetResult();
            for (var asked = 0; asked < times; asked++) await AskAsync(one);
        }));
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Until it is answered, as the SDK and the page's next load would.</summary>
    private async Task AskAsync(Browser one)
    {
        using var limit = new CancellationTokenSource(Load.Patience);
        while (!await TryAskAsync(one)) await Task.Delay(Pause, limit.Token);
        await Task.Delay(Pause, limit.Token);
    }

    private async Task<bool> TryAskAsync(Browser one)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Session);
        request.Headers.Referrer = new Uri(PassersBy.Origin + "/");
        if (one.Cookie is not null) request.Headers.Add("Cookie", $"{CookieName}={one.Cookie}");
        try
        {
            using var answer = await _http.SendAsync(request);
            answer.EnsureSuccessStatusCode();
            var script = await answer.Content.ReadAsStringAsync();
            if (answer.Headers.TryGetValues("Set-Cookie", out var set)) one.Cookie = Assert.Single(set).Split(';')[0][(CookieName.Length + 1)..];
            return one.Hears(JsonElement.Parse(script[(script.LastIndexOf("})(", StringComparison.Ordinal) + 3)..script.LastIndexOf(");", StringComparison.Ordinal)]));
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private sealed class Browser(string user, LedgerSender sender)
    {
        public string User => user;

        public LedgerSender Sender => sender;

        public string? Cookie { get; set; }

        public string? Visitor { get; private set; }

        /// <summary>False: the cluster could not look; ask again.</summary>
        public bool Hears(JsonElement told)
        {
            var answer = told.TryGetProperty("response", out var response) ? response : told;
            var visitor = answer.GetProperty("visitor");
            var uid = visitor.GetProperty("uid").GetString();
            Visitor ??= uid;
            Assert.Equal(Visitor, uid);
            if (visitor.TryGetProperty("user_id", out var found)) Assert.Equal(User, found.GetString());
            return !told.TryGetProperty("error", out var error) || error.GetProperty("code").GetInt32() != 503;
        }
    }
}
