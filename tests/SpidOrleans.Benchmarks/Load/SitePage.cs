using SpidOrleans.TestKit.Hosting;

namespace SpidOrleans.Benchmarks.Load;

/// <summary>A page of the client's site, whose SDK asks for the session as a browser carries it.</summary>
internal static class SitePage
{
    public const string Origin = "https://www.news.test";

    public const string CookieName = "SPID_VISITOR";

    public static readonly TestClient Client = TestClient.News;

    /// <summary>The session cluster.</summary>
    public static string PathAndQuery => "/rpc/" + Call;

    /// <summary>The core, where the SDK asks next when the cluster tells it to: there a browser gets the session that its site's
    /// back end has begun.</summary>
    public static string CorePathAndQuery => "/ajax/" + Call;

    private static string Call =>
        $"hasSession.js?autologin=1&v=2.6.0&callback=f5b1e0c9d2a7f43&redirect_uri={Uri.EscapeDataString(Origin + "/sports/")}&client_id={Client.ClientId}";

    public static IReadOnlyList<(string Name, string Value)> Headers { get; } =
    [
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Accept-Language", "nb-NO,nb;q=0.9,en-US;q=0.8,en;q=0.7"),
        ("Referer", Origin + "/"),
        ("Sec-Fetch-Dest", "script"),
        ("Sec-Fetch-Mode", "no-cors"),
        ("Sec-Fetch-Site", "same-site"),
    ];
}
