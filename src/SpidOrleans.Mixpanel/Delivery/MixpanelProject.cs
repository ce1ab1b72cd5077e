using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>Where and as whom events are imported.</summary>
/// <param name="Name">The project's name here; Mixpanel never sees it.</param>
/// <param name="Token">Mixpanel's project token.</param>
public sealed record MixpanelProject(string Name, string Token)
{
    /// <summary>Events for this endpoint stay in the process: the built-in preview takes them. (RFC 6761: never resolves.)</summary>
    public const string PreviewEndpoint = "http://preview.invalid";

    /// <summary>Mixpanel's ingestion in the US; the EU and India have hosts of their own.</summary>
    public static readonly Uri DefaultEndpoint = new("https://api.mixpanel.com");

    public Uri Endpoint { get; init; } = DefaultEndpoint;

    /// <summary>User name of a service account. It, its secret and the project id come together; otherwise the token authenticates.</summary>
    public string? ServiceAccount { get; init; }

    public string? ServiceAccountSecret { get; init; }

    public string? ProjectId { get; init; }

    public IdMerge IdMerge { get; init; } = IdMerge.Simplified;

    /// <summary>The HTTP proxy on the way, with its credentials if it wants any; null: as the process is told by its environment.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>An attempt that takes longer, body included, counts as lost.</summary>
    public TimeSpan Timeout { get; init; } = MixpanelClient.AttemptTimeout;

    /// <summary>Without token, secret and whatever credentials the endpoint carries.</summary>
    public override string ToString() => $"{Name} at {Address(Endpoint)}";

    internal Uri ImportUri()
    {
        var project = HasServiceAccount ? "&project_id=" + Uri.EscapeDataString(ProjectId!) : "";
        return new Uri($"{Address(Endpoint).TrimEnd('/')}/import?strict=1{project}");
    }

    /// <summary>With an answer in JSON, which gives a reason.</summary>
    internal Uri EngageUri() => new($"{Address(Endpoint).TrimEnd('/')}/engage?verbose=1");

    internal Uri GroupsUri() => new($"{Address(Endpoint).TrimEnd('/')}/groups?verbose=1");

    /// <summary>What stands in front of every change of a profile: there are no other credentials.</summary>
    internal byte[] TokenMember() => Encoding.UTF8.GetBytes($"\"$token\":\"{JsonEncodedText.Encode(Token)}\",");

    internal AuthenticationHeaderValue Authorization()
    {
        var credentials = HasServiceAccount ? $"{ServiceAccount}:{ServiceAccountSecret}" : $"{Token}:";
        return new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
    }

    private bool HasServiceAccount => ServiceAccount is not null && ServiceAccountSecret is not null && ProjectId is not null;

    private static string Address(Uri endpoint) =>
        endpoint.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
}
