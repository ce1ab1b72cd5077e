using System.Collections.Frozen;
using System.Text.RegularExpressions;
using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Web.Configuration;

/// <summary>Section <c>Projects:{name}</c>.</summary>
internal static partial class ProjectSection
{
    public const string NameRule = "1 to 64 of A-Z, a-z, 0-9, '_' and '-'";

    public const int ShardsDefault = 8;

    private static readonly TimeSpan TimeoutDefault = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan TimeoutMin = TimeSpan.FromSeconds(1);

    /// <summary>A silo that stops waits somewhat longer than this for the request that is under way.</summary>
    private static readonly TimeSpan TimeoutMax = TimeSpan.FromSeconds(12);

    /// <summary>The preview forgets whoever is erased, and asks nobody for a token.</summary>
    private const string PreviewDeletionToken = "preview";

    /// <summary>Where Mixpanel keeps a project's data: fixed there when the project is made.</summary>
    private static readonly FrozenDictionary<string, Uri> Regions = new Dictionary<string, Uri>
    {
        ["US"] = new("https://api.mixpanel.com"),
        ["EU"] = new("https://api-eu.mixpanel.com"),
        ["India"] = new("https://api-in.mixpanel.com"),
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The project of a host that has none configured: everything goes to the built-in preview.</summary>
    public static ProjectSettings Preview { get; } =
        new("preview", "preview", new Uri("http://preview.invalid"), null, null, null, ShardsDefault) { DeletionToken = PreviewDeletionToken };

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}$")]
    public static partial Regex Name { get; }

    public static ProjectSettings Read(string name, SectionReader section)
    {
        const string allThree = "a value, since ServiceAccount, ServiceAccountSecret and ProjectId belong together";

        var token = section.RequiredText("Token", "the Mixpanel project's token", 255, text => !text.Any(char.IsWhiteSpace));
        var endpoint = section.Text("Endpoint", "US, EU, India, or an http or https URL such as https://api.mixpanel.com", accepts: text => EndpointOf(text) is not null);
        var proxy = section.Text("Proxy", "a proxy's http or https URL without a path, such as http://proxy:3128", accepts: text => ProxyOf(text) is not null);
        var timeout = section.Duration("Timeout", TimeoutDefault, TimeoutMin, TimeoutMax);
        var account = section.Text("ServiceAccount", "a service account's user name without ':'", 255, text => !text.Contains(':'));
        var secret = section.Text("ServiceAccountSecret", "the service account's secret");
        var projectId = section.Text("ProjectId", "the Mixpanel project's number", 20, text => text.All(char.IsAsciiDigit));
        var deletionToken = section.Text("DeletionToken", "the token of Mixpanel's deletion API");
        var merge = section.Text("IdMerge", "'Simplified' or 'Original', as the Mixpanel project was made",
            accepts: text => Is(text, "Simplified") || Is(text, "Original"));
        var shards = (int)section.Number("Shards", ShardsDefault, 1, 1_024);
        var rate = (int)section.Number("EventsPerSecond", ProjectSettings.EventsPerSecondDefault, 1, 1_000_000);
        section.RefuseUnknown();

        if ((account ?? secret ?? projectId) is not null)
        {
            if (account is null) section.Fault("ServiceAccount", null, allThree);
            if (secret is null) section.Fault("ServiceAccountSecret", null, allThree);
            if (projectId is null) section.Fault("ProjectId", null, allThree);
        }

        var address = EndpointOf(endpoint ?? "US") ?? Regions["US"];
        return new ProjectSettings(name, token, address, account, secret, projectId, shards)
        {
            DeletionToken = deletionToken ?? (address.Host == Preview.Endpoint.Host ? PreviewDeletionToken : null),
            EventsPerSecond = rate,
            Proxy = proxy is null ? null : ProxyOf(proxy),
            Timeout = timeout,
            HasOriginalIdMerge = merge is not null && Is(merge, "Original"),
        };
    }

    private static bool Is(string text, string word) => text.Equals(word, StringComparison.OrdinalIgnoreCase);

    private static Uri? EndpointOf(string text) =>
        Regions.TryGetValue(text, out var region) ? region
        : WebOrigin.TryParseUri(text, out var uri) && uri.Query.Length == 0 && uri.Fragment.Length == 0 ? uri
        : null;

    /// <summary>Unlike other URLs it may carry credentials: many a proxy wants them.</summary>
    private static Uri? ProxyOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.Host.Length > 0 && uri.PathAndQuery == "/" && uri.Fragment.Length == 0 && !text.Contains('\\') ? uri : null;
}
