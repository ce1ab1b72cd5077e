using System.Text.Json;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.UnitTests.Web;

/// <summary>A browser that has a visitor cookie, at a host where the client <c>news</c> is registered.</summary>
internal sealed class BrowserHost(WebHostFixture host, string cookie) : IAsyncDisposable
{
    public const string Page = "https://www.news.test/";

    public const string Sdrn = "sdrn:schibsted.com:client:news";

    public WebHostFixture Host => host;

    public FakeGrains Grains => host.Grains;

    public string Cookie => cookie;

    public VisitorId Visitor => VisitorId.TryParse(cookie[..36], out var id) ? id : throw new InvalidOperationException(cookie);

    public static async Task<BrowserHost> StartAsync(params (string Key, string Value)[] more)
    {
        var host = await WebHostFixture.StartAsync(
            [("Clients:news:RedirectUris:0", "https://www.news.test/back?a=b"), ("Entitlements:1042:Users:0", "7"),
            ("Entitlements:1042:Subscribers:0", "42"), ("Entitlements:1042:SubscriptionId", "99"), ("Entitlements:plus:Users:0", "42"), .. more]);
        var (header, _) = await SessionApiTests.VisitAsync(host);
        return new BrowserHost(host, header.Value["SPID_VISITOR=".Length..]);
    }

    public void SignIn(string userId, bool isRestorable = false)
    {
        var user = UserId.TryParse(userId, out var id) ? id : throw new ArgumentException(userId);
        Grains.Session = visitor => isRestorable
            ? new VisitorSession { VisitorId = visitor, IsRestorable = true }
            : new VisitorSession { VisitorId = visitor, UserId = user, ExpiresAt = TimeProvider.System.GetUtcNow().AddHours(1) };
    }

    /// <summary>A script of the client's page, loaded as Chromium loads it.</summary>
    public Task<HttpResponseMessage> ScriptAsync(string path, string more = "", string referer = Page, string site = "same-site",
        string destination = "script", string client = "news", string callback = "f1", string redirectUri = Page, string? shown = null) =>
        host.BrowseAsync(HttpMethod.Get,
            $"{path}?client_id={client}&redirect_uri={Uri.EscapeDataString(redirectUri)}&callback={Uri.EscapeDataString(callback)}{more}", null,
            ("Cookie", "SPID_VISITOR=" + (shown ?? cookie)), ("Referer", referer), ("Sec-Fetch-Site", site), ("Sec-Fetch-Dest", destination),
            ("Sec-Fetch-Mode", "no-cors"), ("Host", "id.news.test"));

    /// <summary>A fetch with credentials.</summary>
    public Task<HttpResponseMessage> FetchAsync(string path, string more = "", string origin = "https://www.news.test", string site = "same-site",
        string destination = "empty", string sdrn = Sdrn) =>
        host.BrowseAsync(HttpMethod.Get, $"{path}?client_sdrn={Uri.EscapeDataString(sdrn)}{more}", null,
            ("Cookie", "SPID_VISITOR=" + cookie), ("Origin", origin), ("Sec-Fetch-Site", site), ("Sec-Fetch-Dest", destination),
            ("Sec-Fetch-Mode", "cors"), ("Host", "id.news.test"));

    /// <summary>True when nothing in it tells of a person, a visitor or a session.</summary>
    public static bool IsSilent(JsonElement answer)
    {
        var text = answer.ToString();
        return !new[] { "visitor", "userId", "uuid", "sig", "sp_id", "displayName", "redirectURL" }
            .Any(name => text.Contains($"\"{name}\"", StringComparison.Ordinal));
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();
}
