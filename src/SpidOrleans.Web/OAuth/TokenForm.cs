using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace SpidOrleans.Web.OAuth;

/// <summary>The form of a token request. A parameter that is empty counts as absent, one that comes twice is an error (RFC 6749).</summary>
internal sealed class TokenForm
{
    private const int FieldsMax = 32;

    private readonly Dictionary<string, StringValues> _fields;

    private TokenForm(Dictionary<string, StringValues> fields) => _fields = fields;

    public string? GrantType => Find("grant_type");

    public string? ClientId => Find("client_id");

    public string? ClientSecret => Find("client_secret");

    public string? Scope => Find("scope");

    /// <summary>Null when it is no form, or a parameter comes twice.</summary>
    public static TokenForm? Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var reader = new FormReader(Encoding.UTF8.GetString(bytes.Span)) { ValueCountLimit = FieldsMax };
            var fields = reader.ReadForm();
            return fields.Values.All(values => values.Count == 1) ? new TokenForm(fields) : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private string? Find(string name) => _fields.TryGetValue(name, out var values) && values.ToString() is { Length: > 0 } value ? value : null;
}
