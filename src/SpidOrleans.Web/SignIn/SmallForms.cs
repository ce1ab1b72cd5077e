using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.SignIn;

/// <summary>The forms of our own pages.</summary>
internal static class SmallForms
{
    /// <summary>A ticket has some 2 KB.</summary>
    private const int BodyBytesMax = 32 << 10;

    /// <summary>The form, or why it was not read.</summary>
    public static async Task<(UrlForm? Form, Problem? Refusal)> ReadAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = BodyBytesMax;
        var body = await RequestBody.ReadFormAsync(context);
        if (body.Refusal is not null) return (null, body.Refusal);
        return UrlForm.Read(body.Bytes) is { } form ? (form, null) : (null, Problem.Invalid("body", "must be a form that names each field once"));
    }
}
