namespace SpidOrleans.TestKit.Hosting;

/// <summary>A registered service and the Mixpanel project that it reports to.</summary>
public sealed record TestClient(string ClientId, string Secret, string Project, string Token)
{
    public static readonly TestClient News = new("news", "news-secret", "news", "token-news");

    public static readonly TestClient Shop = new("shop", "shop-secret", "shop", "token-shop");
}
