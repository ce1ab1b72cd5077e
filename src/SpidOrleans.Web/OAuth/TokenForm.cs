using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.OAuth;

/// <summary>The form of a token request (RFC 6749).</summary>
internal sealed class TokenForm(UrlForm form)
{
    public string? GrantType => form["grant_type"];

    public string? ClientId => form["client_id"];

    public string? ClientSecret => form["client_secret"];

    public string? Scope => form["scope"];

    /// <summary>Null when it is no form, or a parameter comes twice.</summary>
    public static TokenForm? Read(ReadOnlyMemory<byte> bytes) => UrlForm.Read(bytes) is { } form ? new TokenForm(form) : null;
}
