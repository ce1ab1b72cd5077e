using Microsoft.Extensions.Configuration;
using SpidOrleans.Web.Configuration;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public class SpidSettingsTests
{
    private static readonly (string, string)[] OneClient =
    [
        ("Projects:news:Token", "token"), ("Clients:news:Secret", "secret"),
    ];

    [Fact]
    public void WithNothingConfigured_ThereIsAPreviewProjectAndADemoClient()
    {
        var settings = Read();

        Assert.True(settings.HasDemoClient);
        Assert.Equal(("preview", "http://preview.invalid/", 8), (settings.Cluster.Projects.Single().Key,
            settings.Cluster.Projects["preview"].Endpoint.ToString(), settings.Cluster.Projects["preview"].Shards));
        Assert.Equal(("Demo", "preview"), (settings.Clients["demo"].Source.ClientName, settings.Clients["demo"].Source.Project));
        Assert.Equal((512, 100), (settings.Limits.RequestsPerClient, settings.Limits.BrowserRequestsPerSecond));
        Assert.Equal((2_000, 10 << 20, 10_000, null), (settings.Limits.EventsPerRequest, settings.Limits.RequestBytes, settings.Limits.PendingPerLane, settings.Limits.EventsPerSecondPerClient));
        Assert.Equal((11_111, 30_000), (settings.Silo.SiloPort, settings.Silo.GatewayPort));
        Assert.Equal(TimeSpan.FromHours(2), settings.Cluster.SessionLifetime);
        Assert.Equal((false, TimeSpan.FromDays(7)), (settings.Cluster.HoldsUndecided, settings.Cluster.HeldRetention));
        Assert.NotNull(settings.Cluster.Projects["preview"].DeletionToken);
        Assert.Equal("Data Source=data/spidorleans.db", settings.Storage.ConnectionString);
    }

    [Fact]
    public void EveryKey_IsTaken()
    {
        var settings = Read(
            ("Storage:Provider", "sqlite"), ("Storage:ConnectionString", "Data Source=x.db"), ("Cluster:ClusterId", "c"), ("Cluster:ServiceId", "s"),
            ("Cluster:SiloPort", "1"), ("Cluster:GatewayPort", "2"), ("Cluster:AdvertisedAddress", "127.0.0.2"),
            ("Projects:a:Token", "t"), ("Projects:a:Endpoint", "https://api-eu.mixpanel.com"), ("Projects:a:ServiceAccount", "sa"),
            ("Projects:a:ServiceAccountSecret", "sas"), ("Projects:a:ProjectId", "7"), ("Projects:a:IdMerge", "original"), ("Projects:a:Shards", "1"), ("Projects:a:EventsPerSecond", "50"), ("Projects:a:Proxy", "http://me:se%20cret@proxy:3128"), ("Projects:a:Timeout", "00:00:05"),
            ("Clients:c:Name", "Name"), ("Clients:c:Secret", "s"), ("Clients:c:SignSecret", "ss"), ("Clients:c:Project", "a"),
            ("Clients:c:Origins:0", "https://News.Test:443"), ("Clients:c:RedirectUris:0", "https://news.test/back"), ("Clients:c:AllowCrossSite", "true"),
            ("Session:CookieDomain", ".News.test"), ("Session:SigningKey", new string('k', 32)), ("Session:Lifetime", "00:30:00"),
            ("Session:FormerSigningKeys:0", new string('f', 40)), ("Session:RememberLifetime", "7.00:00:00"), ("Clients:c:FormerSignSecrets:0", "fs"),
            ("Entitlements:1042:Users:0", "7"), ("Entitlements:1042:Subscribers:0", "42"), ("Entitlements:1042:SubscriptionId", "99"),
            ("Limits:EventsPerRequest", "10"), ("Limits:RequestBytes", "1 MB"), ("Limits:PendingPerLane", "5"), ("Limits:EventsPerSecondPerClient", "9"), ("Limits:RequestsPerClient", "64"), ("Limits:BrowserRequestsPerSecond", "Unlimited"),
            ("Identity:Authority", "https://login.test"), ("Identity:ClientId", "id"), ("Identity:ClientSecret", "hush"), ("Identity:EndProviderSession", "true"), ("Console:Password", "p"),
            ("Privacy:Consent", "undecided"), ("Privacy:HeldRetention", "1.12:00:00"),
            ("Proxies:0", "10.0.0.0/8"), ("Proxies:1", "192.0.2.7"), ("Proxies:2", "fd00::/8"), ("Proxies:3", "::1"));

        Assert.Equal("https://news.test", Assert.Single(settings.Clients["c"].Origins));
        Assert.Equal(("news.test", 32, TimeSpan.FromMinutes(30)), (settings.Session.CookieDomain, settings.Session.SigningKey!.Length, settings.Session.Lifetime));
        Assert.Equal((40, TimeSpan.FromDays(7), 2), (Assert.Single(settings.Session.FormerSigningKeys).Length, settings.Cluster.RememberLifetime,
            Assert.Single(settings.Clients["c"].FormerSignSecrets).Length));
        var product = settings.Products["1042"];
        Assert.Equal(("7", "42", "99"), (Assert.Single(product.Users).ToString(), Assert.Single(product.Subscribers).ToString(), product.SubscriptionId));
        Assert.Equal(new LimitSettings(10, 1 << 20, 5, 9, 64, null), settings.Limits);
        Assert.Equal((true, TimeSpan.FromHours(36)), (settings.Cluster.HoldsUndecided, settings.Cluster.HeldRetention));
        Assert.Equal(new IdentitySettings(new Uri("https://login.test"), "id", "hush", EndsProviderSession: true), settings.Identity);
        Assert.DoesNotContain("hush", settings.Identity!.ToString(), StringComparison.Ordinal);
        Assert.Equal(["10.0.0.0/8", "192.0.2.7/32", "fd00::/8", "::1/128"], settings.Proxies.Select(proxy => proxy.ToString()));
        Assert.False(settings.HasDevelopmentSignIn);
        Assert.Equal(5, settings.Cluster.PendingPerLane);
        Assert.Equal(("sa", "sas", "7", 1), (settings.Cluster.Projects["a"].ServiceAccount, settings.Cluster.Projects["a"].ServiceAccountSecret,
            settings.Cluster.Projects["a"].ProjectId, settings.Cluster.Projects["a"].Shards));
        Assert.True(settings.Cluster.Projects["a"].HasOriginalIdMerge);
        Assert.Equal((50, "proxy", TimeSpan.FromSeconds(5)), (
            settings.Cluster.Projects["a"].EventsPerSecond, settings.Cluster.Projects["a"].Proxy!.Host, settings.Cluster.Projects["a"].Timeout));
        Assert.False(settings.HasDemoClient);
    }

    [Theory]
    [InlineData("Privacy:Consent", "Denied", "'Granted' or 'Undecided'")]
    [InlineData("Privacy:HeldRetention", "00:00:01", "a duration between 00:01:00 and 365.00:00:00")]
    public void AWrongDefaultOfConsent_StopsTheStart(string key, string value, string expected) => Assert.Contains(
        expected, Assert.Throws<ConfigurationException>(() => Read([.. OneClient, (key, value)])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("", "https://api.mixpanel.com/")]
    [InlineData("us", "https://api.mixpanel.com/")]
    [InlineData("EU", "https://api-eu.mixpanel.com/")]
    [InlineData("india", "https://api-in.mixpanel.com/")]
    [InlineData("http://127.0.0.1:8080/mixpanel", "http://127.0.0.1:8080/mixpanel")]
    public void AnEndpoint_IsARegionOrAUrl(string value, string url) =>
        Assert.Equal(url, Read([.. OneClient, ("Projects:news:Endpoint", value)]).Cluster.Projects["news"].Endpoint.AbsoluteUri);

    [Theory]
    [InlineData("Simplified", false)]
    [InlineData("ORIGINAL", true)]
    [InlineData("", false)]
    public void IdMerge_IsSimplifiedUnlessTheProjectSaysOtherwise(string value, bool isOriginal) =>
        Assert.Equal(isOriginal, Read([.. OneClient, ("Projects:news:IdMerge", value)]).Cluster.HasOriginalIdMerge("news"));

    [Theory]
    [InlineData("Storage:Provider", "MySql", "one of Sqlite, PostgreSql")]
    [InlineData("Storage:Provider", "1", "one of Sqlite, PostgreSql")]
    [InlineData("Storage:Providr", "Sqlite", "one of the keys Provider, ConnectionString", null, "***")]
    [InlineData("Cluster:SiloPort", "0", "1 to 65,535")]
    [InlineData("Cluster:SiloPort", "http", "1 to 65,535")]
    [InlineData("Cluster:GatewayPort", "11111", "another port than Cluster:SiloPort")]
    [InlineData("Cluster:AdvertisedAddress", "here", "an IP address")]
    [InlineData("Projects:news:Endpoint", "ftp://x", "an http or https URL")]
    [InlineData("Projects:news:Endpoint", "Mars", "US, EU, India, or an http or https URL")]
    [InlineData("Projects:news:Proxy", "proxy:3128", "a proxy's http or https URL")]
    [InlineData("Projects:news:Proxy", "http://proxy:3128/path", "a proxy's http or https URL")]
    [InlineData("Projects:news:Proxy", "ftp://me:secret@proxy", "a proxy's http or https URL", null, "***")]
    [InlineData("Projects:news:Timeout", "00:00:00.999", "a duration between 00:00:01 and 00:00:12")]
    [InlineData("Projects:news:Timeout", "00:00:13", "a duration between 00:00:01 and 00:00:12")]
    [InlineData("Projects:news:EventsPerSecond", "0", "1 to 1,000,000")]
    [InlineData("Projects:news:EventsPerSecond", "1000001", "1 to 1,000,000")]
    [InlineData("Projects:news:IdMerge", "Legacy", "'Simplified' or 'Original'")]
    [InlineData("Projects:news:Shards", "0", "1 to 1,024")]
    [InlineData("Projects:news:Shards", "1025", "1 to 1,024")]
    [InlineData("Projects:a b:Token", "x", "project names of 1 to 64", "Projects", "a b")]
    [InlineData("Clients:a b:Secret", "x", "client ids of 1 to 64", "Clients", "a b")]
    [InlineData("Clients:news:Project", "other", "one of the projects news")]
    [InlineData("Clients:news:Origins:0", "https://www.news.test/path", "an origin such as")]
    [InlineData("Clients:news:Origins:0", "www.news.test", "an origin such as")]
    [InlineData("Clients:news:Origins", "https://www.news.test", "a list such as Clients:news:Origins:0")]
    [InlineData("Clients:news:RedirectUris:1", "/back", "an absolute http or https URL")]
    [InlineData("Clients:news:AllowCrossSite", "yes", "'true' or 'false'")]
    [InlineData("Session:Lifetime", "00:00:30", "a duration between")]
    [InlineData("Session:Lifetime", "soon", "a duration between")]
    [InlineData("Session:CookieDomain", "https://news.test", "a domain such as")]
    [InlineData("Session:RememberLifetime", "00:30:00", "a duration between")]
    [InlineData("Session:SigningKey", "short", "32 to 1,000 characters", null, "***")]
    [InlineData("Session:FormerSigningKeys:0", "short", "32 to 1,000 characters", null, "***")]
    [InlineData("Clients:news:FormerSignSecrets", "secret", "a list such as Clients:news:FormerSignSecrets:0", null, "***")]
    [InlineData("Entitlements", "x", "a section, not a value", null, "***")]
    [InlineData("Entitlements:a b:Users:0", "7", "product ids of 1 to 64", "Entitlements", "a b")]
    [InlineData("Entitlements:1042:Users:0", "null", "a user id")]
    [InlineData("Entitlements:1042:Users", "7", "a list such as Entitlements:1042:Users:0")]
    [InlineData("Entitlements:1042:Subscribers:0", " 7", "a user id")]
    [InlineData("Entitlements:1042:SubscriptionId", "a b", "1 to 64 of")]
    [InlineData("Entitlements:1042:User:0", "7", "one of the keys Users, Subscribers, SubscriptionId", "Entitlements:1042:User", "***")]
    [InlineData("Limits:EventsPerRequest", "2001", "1 to 2,000")]
    [InlineData("Limits:RequestBytes", "10 PB", "1,024 bytes to 100 MB")]
    [InlineData("Limits:RequestBytes", "101 MB", "1,024 bytes to 100 MB")]
    [InlineData("Limits:RequestBytes", "99999999999999999999", "1,024 bytes to 100 MB")]
    [InlineData("Limits:PendingPerLane", "-1", "1 to 10,000,000")]
    [InlineData("Limits:EventsPerSecondPerClient", "0", "1 to 1,000,000, or 'unlimited'")]
    [InlineData("Limits:BrowserRequestsPerSecond", "0", "1 to 100,000, or 'unlimited'")]
    [InlineData("Limits:RequestsPerClient", "unlimited", "8 to 10,000")]
    [InlineData("Identity:Authority", "http://login.test", "an https URL such as")]
    [InlineData("Identity:Authority", "login.test", "an https URL such as")]
    [InlineData("Identity:Authority", "https://login.test/#x", "an https URL such as")]
    [InlineData("Identity:Authority", "https://login.test?", "an https URL such as", null, "***")]
    [InlineData("Identity:Authority", "https://a:b@login.test", "an https URL such as", null, "***")]
    [InlineData("Identity:ClientSecrt", "hush", "one of the keys Authority, ClientId, ClientSecret, EndProviderSession", null, "***")]
    [InlineData("Proxies:0", "here", "an IP address such as 10.0.0.7")]
    [InlineData("Proxies:0", "10", "an IP address such as")]
    [InlineData("Proxies:0", "10.0.0.7:80", "an IP address such as")]
    [InlineData("Proxies:0", "[::1]", "an IP address such as")]
    [InlineData("Proxies:0", "fe80::1%2", "an IP address such as")]
    [InlineData("Proxies:0", "10.0.0.7/8", "an IP address such as")]
    [InlineData("Proxies:0", "10.0.0.0/33", "an IP address such as")]
    [InlineData("Proxies:0", "0.0.0.0", "an IP address such as")]
    [InlineData("Proxies:0", "0.0.0.0/0", "not all addresses there are")]
    [InlineData("Proxies:0", "::/0", "not all addresses there are")]
    [InlineData("Proxies:0", "::ffff:10.0.0.7", "an IP address such as")]
    [InlineData("Proxies:x:y", "10.0.0.7", "an IP address such as", "Proxies:x", "")]
    [InlineData("Proxies", "10.0.0.7", "a list such as Proxies:0")]
    [InlineData("Identity:EndProviderSession", "yes", "'true' or 'false'")]
    [InlineData("Identity", "https://login.test", "a section, not a value", null, "***")]
    [InlineData("Clients:news:RedirectUris:0", "https://news.test/#x", "an absolute http or https URL")]
    [InlineData("Clients:news:RedirectUris:0", "https://user@news.test/", "an absolute http or https URL", null, "***")]
    [InlineData("Clients:news:RedirectUris:0", "https://news.test/ä", "an absolute http or https URL")]
    [InlineData("Clients:news:RedirectUris:0", " https://news.test/", "an absolute http or https URL")]
    [InlineData("Clients:news:Secrt", "a-mistyped-secret", "one of the keys", null, "***")]
    [InlineData("Clients", "x", "a section, not a value", null, "***")]
    [InlineData("Clients:news", "x", "a section, not a value", null, "***")]
    [InlineData("Projects", "x", "a section, not a value", null, "***")]
    [InlineData("Projects:news:Endpoint", "https://user:secret@api.mixpanel.com", "an http or https URL", null, "***")]
    [InlineData("Projects:news:Endpoint", "https://api.mixpanel.com?token=secret", "an http or https URL", null, "***")]
    public void ABadValue_IsOneLineWithKeyValueAndWhatIsExpected(string key, string value, string expected, string? shownKey = null, string? shownValue = null)
    {
        var faults = Faults([.. OneClient, (key, value)]);

        var line = Assert.Single(faults, fault => fault.StartsWith($"configuration: {shownKey ?? key} is '{shownValue ?? value}'; expected ", StringComparison.Ordinal));
        Assert.Contains(expected, line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
    }

    [Fact]
    public void PostgreSql_NeedsAConnectionString()
    {
        Assert.Contains("configuration: Storage:ConnectionString is missing; expected a connection string such as Host=db", Assert.Single(Faults([.. OneClient, ("Storage:Provider", "postgresql")])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Session:FormerSigningKeys:0", "a former key that is long enough", "Session:SigningKey")]
    [InlineData("Clients:news:FormerSignSecrets:0", "former", "Clients:news:SignSecret")]
    public void AFormerKey_NeedsOneThatSignsNow(string key, string value, string missing)
    {
        Assert.StartsWith($"configuration: {missing} is missing; expected ", Assert.Single(Faults([.. OneClient, (key, value)])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Clients:news:Secret", "Projects:news:Token")]
    [InlineData("Projects:news:Token", "Clients:news:Secret")]
    public void AMissingValue_IsNamed(string missing, string present)
    {
        var section = missing[..missing.LastIndexOf(':')];

        Assert.Contains(Faults((present, "x"), ($"{section}:{(section[0] == 'C' ? "Name" : "Shards")}", "8")),
            fault => fault.StartsWith($"configuration: {missing} is missing; expected ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Authority", "https://login.test")]
    [InlineData("ClientId", "id")]
    [InlineData("ClientSecret", "hush")]
    public void TheIdentityProvidersValues_BelongTogether(string present, string value)
    {
        var faults = Faults([.. OneClient, ("Identity:" + present, value)]);

        Assert.Equal(2, faults.Count);
        foreach (var missing in new[] { "Authority", "ClientId", "ClientSecret" }.Where(key => key != present))
            Assert.Contains(faults, fault => fault.StartsWith($"configuration: Identity:{missing} is missing; expected a value, since ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("http://localhost:8080/realms/x")]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("https://login.test/path")]
    public void AnIdentityProvider_IsHttpsOrOnThisMachine(string authority) =>
        Assert.Equal(authority, Read([.. OneClient, ("Identity:Authority", authority), ("Identity:ClientId", "i"), ("Identity:ClientSecret", "s")]).Identity!.Authority.OriginalString);

    [Fact]
    public void AllFaults_AreToldAtOnceAndSecretsAreNotShown()
    {
        var faults = Faults(("Clients:news:Secret", "secret"), ("Clients:news:Secrett", "hush"), ("Session:SigningKey", "hush"), ("Projects:news:Token", "hu sh"),
            ("Limits:Nothing", "1"), ("Projects:news:ServiceAccount", "account"));

        Assert.True(faults.Count >= 6, string.Join('\n', faults));
        Assert.DoesNotContain(faults, fault => fault.Contains("hush", StringComparison.Ordinal) || fault.Contains("hu sh", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("configuration: Projects:news:ProjectId is missing", StringComparison.Ordinal));
    }

    [Fact]
    public void AClient_MustSayWhichOfSeveralProjectsIsItsOwn()
    {
        Assert.Contains(Faults([.. OneClient, ("Projects:other:Token", "t")]), fault =>
            fault.StartsWith("configuration: Clients:news:Project is missing; expected one of the projects news, other", StringComparison.Ordinal));
        Assert.Contains(Faults(("Projects:a:Token", "t"), ("Projects:b:Token", "t")), fault =>
            fault.StartsWith("configuration: Clients is missing", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("urls", "http://*:5000", false)]
    [InlineData("urls", "http://0.0.0.0:5000", false)]
    [InlineData("urls", "http://localhost:5000;http://192.0.2.1:5000", false)]
    [InlineData("urls", "http://id.news.test", false)]
    [InlineData("http_ports", "8080", false)]
    [InlineData("https_ports", "8443", false)]
    [InlineData("Kestrel:Endpoints:Http:Url", "http://[::]:80", false)]
    [InlineData("urls", "http://localhost:5000", true)]
    [InlineData("urls", "http://127.0.0.1:0;http://[::1]:0", true)]
    [InlineData("Kestrel:Endpoints:Http:Url", "http://127.0.0.1:80", true)]
    public void TheDemoClientAndTheDevelopmentSignIn_AreNeverServedBeyondLoopback(string key, string value, bool starts)
    {
        if (starts) Assert.True(Read((key, value)).HasDemoClient);
        else Assert.Contains(Faults((key, value)), fault => fault.Contains("beyond loopback", StringComparison.Ordinal));
        Assert.False(Read([.. OneClient, (key, value)]).HasDemoClient);
        Assert.Equal(starts, Read([.. OneClient, (key, value)]).HasDevelopmentSignIn);
    }

    private static SpidSettings Read(params (string Key, string Value)[] values) => SpidSettings.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(values.Select(pair => KeyValuePair.Create<string, string?>(pair.Key, pair.Value))).Build());

    private static List<string> Faults(params (string Key, string Value)[] values) =>
        [.. Assert.Throws<ConfigurationException>(() => Read(values)).Faults.Select(fault => fault.ToString())];
}
