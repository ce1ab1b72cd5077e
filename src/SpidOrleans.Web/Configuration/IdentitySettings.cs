namespace SpidOrleans.Web.Configuration;

/// <summary>Section <c>Identity</c>: the OpenID Connect provider that people sign in at.</summary>
/// <param name="Authority">Its issuer; <c>/.well-known/openid-configuration</c> lies below it.</param>
/// <param name="ClientId">This cluster's id there, not one of <c>Clients</c>.</param>
/// <param name="EndsProviderSession">A logout in the browser ends the session at the provider too.</param>
public sealed record IdentitySettings(Uri Authority, string ClientId, string ClientSecret, bool EndsProviderSession = false)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{ClientId} at {Authority}";

    /// <returns>Null when nothing of it is configured.</returns>
    internal static IdentitySettings? Read(SectionReader section)
    {
        const string allThree = "a value, since Authority, ClientId and ClientSecret belong together";

        var authority = section.Text("Authority", "an https URL such as https://login.schibsted.com (http on loopback only)", accepts: IsAuthority);
        var clientId = section.Text("ClientId", "this cluster's client id at the provider, 1 to 255 characters", 255);
        var secret = section.Text("ClientSecret", "this cluster's client secret at the provider");
        var endsSession = section.Flag("EndProviderSession");
        section.RefuseUnknown();

        if ((Present("Authority") || Present("ClientId") || Present("ClientSecret") || endsSession) is false) return null;
        foreach (var key in new[] { "Authority", "ClientId", "ClientSecret" })
        {
            if (!Present(key)) section.Fault(key, null, allThree);
        }

        return authority is null || clientId is null || secret is null ? null : new IdentitySettings(new Uri(authority), clientId, secret, endsSession);

        bool Present(string key) => section.HasValue(key);
    }

    private static bool IsAuthority(string text) =>
        WebOrigin.TryParseUri(text, out var uri) && uri.Query.Length == 0 && uri.Fragment.Length == 0 && !text.Contains('?') && !text.Contains('#')
        && (uri.Scheme == Uri.UriSchemeHttps || WebOrigin.IsLoopback(uri.Host));
}
