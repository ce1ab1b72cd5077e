using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using SpidOrleans.Contracts.Events;

namespace SpidOrleans.Web.Configuration;

/// <summary>A registered service: section <c>Clients:{client_id}</c>.</summary>
public sealed partial class Client
{
    public const string DemoId = "demo";

    public const string IdRule = "1 to 64 of A-Z, a-z, 0-9, '_', '.' and '-'";

    private const int TokenKeyBytes = 32;

    public required string Id { get; init; }

    /// <summary>The sender as the grains know it; its name leaves as the property <c>Client</c>.</summary>
    public required EventSource Source { get; init; }

    /// <summary>SHA-256 of the secret: comparing digests takes the same time whatever was sent.</summary>
    public required byte[] SecretHash { get; init; }

    /// <summary>Signs the client's access tokens: see <see cref="DeriveTokenKey"/>.</summary>
    public required byte[] TokenKey { get; init; }

    /// <summary>Signs what browsers are told; null: answers are not signed.</summary>
    public byte[]? SignSecret { get; init; }

    /// <summary>What they signed is still taken.</summary>
    public ImmutableArray<byte[]> FormerSignSecrets { get; init; } = [];

    public ImmutableHashSet<string> Origins { get; init; } = [];

    /// <summary>Where flows may send a browser back to, character by character.</summary>
    public ImmutableHashSet<string> RedirectUris { get; init; } = [];

    /// <summary>Pages of other sites may include the session script.</summary>
    public bool AllowCrossSite { get; init; }

    /// <summary>True for the built-in client, at home on whatever loopback addresses the host listens on.</summary>
    public bool IsDemo { get; init; }

    [GeneratedRegex("^[A-Za-z0-9_.-]{1,64}$")]
    internal static partial Regex IdPattern { get; }

    public override string ToString() => Id;

    internal static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>32 bytes that whoever is configured with the secret derives alike, and that tell nothing of it to whoever lacks
    /// them. HKDF keeps them apart from anything else that the secret is used for.</summary>
    internal static byte[] DeriveTokenKey(string secret) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), TokenKeyBytes, info: "SpidOrleans access token"u8.ToArray());

    internal static Client Demo(string project) => new()
    {
        Id = DemoId,
        Source = new EventSource { ClientName = "Demo", Project = project, ClientId = DemoId },
        SecretHash = Hash("demo-secret"),
        TokenKey = DeriveTokenKey("demo-secret"),
        SignSecret = "demo-sign-secret"u8.ToArray(),
        IsDemo = true,
    };

    internal static Client Read(string id, SectionReader section, IReadOnlyCollection<string> projects)
    {
        var name = section.Text("Name", "1 to 255 characters", lengthMax: 255);
        var secret = section.RequiredText("Secret", "the client's secret");
        var signSecret = section.Text("SignSecret", "the secret that signs sessions");
        var formerSignSecrets = section.List("FormerSignSecrets", "a secret that signed sessions before", text => text.Length <= 1_000);
        if (formerSignSecrets.Count > 0 && signSecret is null && !section.Has("SignSecret"))
            section.Fault("SignSecret", null, "the secret that signs from now on, since there are FormerSignSecrets");
        var project = section.Text("Project", $"one of the projects {string.Join(", ", projects)}", accepts: projects.Contains);
        if (project is null && projects.Count > 1 && !section.Has("Project"))
            section.Fault("Project", null, $"one of the projects {string.Join(", ", projects)}");
        var origins = section.List("Origins", "an origin such as https://www.news.test", WebOrigin.IsOrigin);
        var redirectUris = section.List("RedirectUris", "an absolute http or https URL in ASCII without fragment", IsRedirectUri);
        var allowCrossSite = section.Flag("AllowCrossSite");
        section.RefuseUnknown();
        return new Client
        {
            Id = id,
            Source = new EventSource { ClientName = name ?? id, Project = project ?? projects.First(), ClientId = id },
            SecretHash = Hash(secret),
            TokenKey = DeriveTokenKey(secret),
            SignSecret = signSecret is null ? null : Encoding.UTF8.GetBytes(signSecret),
            FormerSignSecrets = [.. formerSignSecrets.Select(Encoding.UTF8.GetBytes)],
            Origins = [.. origins.Select(origin => WebOrigin.Of(new Uri(origin)))],
            RedirectUris = [.. redirectUris],
            AllowCrossSite = allowCrossSite,
        };
    }

    /// <summary>Written as it can stand in a <c>Location</c>: <see cref="Uri"/> itself would take surrounding blanks and more.</summary>
    internal static bool IsRedirectUri(string text) =>
        WebOrigin.TryParseUri(text, out _) && text.All(c => c is > ' ' and < '\x7f' and not ('#' or '"' or '<' or '>' or '^' or '`' or '{' or '|' or '}'));
}
