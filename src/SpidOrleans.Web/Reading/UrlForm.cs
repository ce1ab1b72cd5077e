using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace SpidOrleans.Web.Reading;

/// <summary>A small <c>application/x-www-form-urlencoded</c> body. A field that is empty counts as absent, one that comes twice is
/// an error.</summary>
internal sealed class UrlForm
{
    private const int FieldsMax = 32;

    private readonly Dictionary<string, StringValues> _fields;

    private UrlForm(Dictionary<string, StringValues> fields) => _fields = fields;

    public string? this[string name] => _fields.TryGetValue(name, out var values) && values.ToString() is { Length: > 0 } value ? value : null;

    /// <summary>Null when it is no form, or a field comes twice.</summary>
    public static UrlForm? Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var reader = new FormReader(Encoding.UTF8.GetString(bytes.Span)) { ValueCountLimit = FieldsMax };
            var fields = reader.ReadForm();
            return fields.Values.All(values => values.Count == 1) ? new UrlForm(fields) : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
