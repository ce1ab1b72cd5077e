using System.Text.RegularExpressions;
using Microsoft.Net.Http.Headers;
using Xunit;

namespace SpidOrleans.UnitTests.Web.SignIn;

/// <summary>As much of a browser as flows need: cookies by their paths, redirects one by one, forms.</summary>
internal sealed partial class TestBrowser : IDisposable
{
    private const int RedirectsMax = 10;

    private readonly Dictionary<string, (string Value, string Path)> _cookies = [];
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(40) };
    private readonly Uri _home;

    /// <param name="home">The host that cookies are kept for; others set none.</param>
    public TestBrowser(string home) => _home = new Uri(home);

    /// <summary>Every cookie that was ever set, with its attributes.</summary>
    public List<SetCookieHeaderValue> SetCookies { get; } = [];

    public IReadOnlyDictionary<string, string> Cookies => _cookies.ToDictionary(cookie => cookie.Key, cookie => cookie.Value.Value);

    [GeneratedRegex("""<form method="post" action="(?<action>[^"]*)">""")]
    private static partial Regex Form { get; }

    [GeneratedRegex("""<input type="hidden" name="(?<name>[^"]*)" value="(?<value>[^"]*)">""")]
    private static partial Regex Hidden { get; }

    [GeneratedRegex("""<meta http-equiv="refresh" content="0;url=(?<url>[^"]*)">""")]
    private static partial Regex Refresh { get; }

    public void Plant(string name, string value) => _cookies[name] = (value, "/");

    public void Forget(string prefix)
    {
        foreach (var name in _cookies.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ToList()) _cookies.Remove(name);
    }

    public Task<HttpResponseMessage> GetAsync(string url, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, url, null, headers);

    public Task<HttpResponseMessage> SendHeadAsync(string url) => SendAsync(HttpMethod.Head, url, null, []);

    public Task<HttpResponseMessage> PostAsync(string url, Dictionary<string, string> fields, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, url, new FormUrlEncodedContent(fields), headers);

    /// <summary>Fills in and sends the form of a page as a browser would.</summary>
    public async Task<HttpResponseMessage> SubmitAsync(HttpResponseMessage page, params (string Name, string Value)[] fields)
    {
        var (action, hidden) = FormOf(await page.Content.ReadAsStringAsync());
        foreach (var (name, value) in fields) hidden[name] = value;
        return await PostAsync(action, hidden, ("Origin", _home.GetLeftPart(UriPartial.Authority)), ("Sec-Fetch-Site", "same-origin"));
    }

    public static (string Action, Dictionary<string, string> Hidden) FormOf(string html)
    {
        var form = Form.Match(html);
        Assert.True(form.Success, "no form in: " + html);
        return (System.Net.WebUtility.HtmlDecode(form.Groups["action"].Value),
            Hidden.Matches(html).ToDictionary(field => field.Groups["name"].Value, field => System.Net.WebUtility.HtmlDecode(field.Groups["value"].Value)));
    }

    /// <summary>Follows redirects until one leaves for that origin, or there is none.</summary>
    /// <returns>The last answer, and every address on the way.</returns>
    public async Task<(HttpResponseMessage Answer, List<string> Way)> FollowAsync(HttpResponseMessage answer, string until = WebHostFixture.PageOrigin)
    {
        var way = new List<string>();
        while (answer.Headers.Location is { } next && way.Count < RedirectsMax)
        {
            way.Add(next.OriginalString);
            if (next.OriginalString.StartsWith(until, StringComparison.Ordinal)) break;
            answer = await GetAsync(next.OriginalString, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"));
        }

        return (answer, way);
    }

    /// <summary>Where the answer sends the browser, by redirect or by page; null: nowhere.</summary>
    public static async Task<string?> GoesToAsync(HttpResponseMessage answer)
    {
        if (answer.Headers.Location is { } location) return location.OriginalString;
        var refresh = Refresh.Match(await answer.Content.ReadAsStringAsync());
        return refresh.Success ? System.Net.WebUtility.HtmlDecode(refresh.Groups["url"].Value) : null;
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string url, HttpContent? content, (string Name, string Value)[] headers)
    {
        var target = new Uri(_home, url);
        using var request = new HttpRequestMessage(method, target) { Content = content };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        if (target.Authority == _home.Authority && !request.Headers.Contains("Cookie"))
        {
            var cookies = string.Join("; ", _cookies.Where(cookie => target.AbsolutePath.StartsWith(cookie.Value.Path, StringComparison.Ordinal))
                .Select(cookie => $"{cookie.Key}={cookie.Value.Value}"));
            if (cookies.Length > 0) request.Headers.TryAddWithoutValidation("Cookie", cookies);
        }

        var answer = await _http.SendAsync(request);
        if (target.Authority == _home.Authority && answer.Headers.TryGetValues("Set-Cookie", out var values)) Keep(values);
        return answer;
    }

    private void Keep(IEnumerable<string> values)
    {
        foreach (var cookie in SetCookieHeaderValue.ParseList([.. values]))
        {
            SetCookies.Add(cookie);
            var isGone = cookie.MaxAge <= TimeSpan.Zero || cookie.Expires <= DateTimeOffset.UnixEpoch || cookie.Value.Length == 0;
            if (isGone) _cookies.Remove(cookie.Name.ToString());
            else _cookies[cookie.Name.ToString()] = (cookie.Value.ToString(), cookie.Path.ToString());
        }
    }
}
