using System.Text.RegularExpressions;
using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Web.Configuration;

/// <summary>Section <c>Projects:{name}</c>.</summary>
internal static partial class ProjectSection
{
    public const string NameRule = "1 to 64 of A-Z, a-z, 0-9, '_' and '-'";

    public const int ShardsDefault = 8;

    /// <summary>The project of a host that has none configured: everything goes to the built-in preview.</summary>
    public static ProjectSettings Preview { get; } =
        new("preview", "preview", new Uri("http://preview.invalid"), null, null, null, ShardsDefault);

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}$")]
    public static partial Regex Name { get; }

    public static ProjectSettings Read(string name, SectionReader section)
    {
        const string allThree = "a value, since ServiceAccount, ServiceAccountSecret and ProjectId belong together";

        var token = section.RequiredText("Token", "the Mixpanel project's token", 255, text => !text.Any(char.IsWhiteSpace));
        var endpoint = section.Text("Endpoint", "an http or https URL such as https://api.mixpanel.com", accepts: IsEndpoint);
        var account = section.Text("ServiceAccount", "a service account's user name without ':'", 255, text => !text.Contains(':'));
        var secret = section.Text("ServiceAccountSecret", "the service account's secret");
        var projectId = section.Text("ProjectId", "the Mixpanel project's number", 20, text => text.All(char.IsAsciiDigit));
        var deletionToken = section.Text("DeletionToken", "the token of Mixpanel's deletion API");
        section.Text("IdMerge", "'Simplified': Original ID Merge is not available in this version",
            accepts: text => text.Equals("Simplified", StringComparison.OrdinalIgnoreCase));
        var shards = (int)section.Number("Shards", ShardsDefault, 1, 1_024);
        section.RefuseUnknown();

        if ((account ?? secret ?? projectId) is not null)
        {
            if (account is null) section.Fault("ServiceAccount", null, allThree);
            if (secret is null) section.Fault("ServiceAccountSecret", null, allThree);
            if (projectId is null) section.Fault("ProjectId", null, allThree);
        }

        return new ProjectSettings(
            name, token, new Uri(endpoint ?? "https://api.mixpanel.com"), account, secret, projectId, shards)
        {
            DeletionToken = deletionToken,
        };
    }

    private static bool IsEndpoint(string text) =>
        WebOrigin.TryParseUri(text, out var uri) && uri.Query.Length == 0 && uri.Fragment.Length == 0;
}
