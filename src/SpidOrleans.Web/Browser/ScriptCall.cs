using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Documentation;

namespace SpidOrleans.Web.Browser;

/// <summary>What all requests for scripts have in common.</summary>
internal static class ScriptCall
{
    public static IReadOnlyList<QueryNote> Query { get; } =
    [
        new("client_id", true, "The page's client."),
        new("redirect_uri", true, "The page's address; its origin must be registered."),
        new("callback", true, "The SDK's callback id."),
    ];

    /// <summary>The SDK's callback id; null: it is none, and must not be repeated in the answer.</summary>
    /// <param name="mayBeEmpty">SDK 1.x sends none where nobody waits for the answer.</param>
    public static string? ReadCallback(HttpRequest request, bool mayBeEmpty = false)
    {
        var callback = request.Query["callback"].ToString();
        return SessionScript.Callback.IsMatch(callback) || (mayBeEmpty && callback.Length == 0) ? callback : null;
    }

    public static Problem InvalidCallback() =>
        Problem.Invalid("callback", "must be 1 to 64 of A-Z, a-z, 0-9, '_' and '$', not beginning with a digit");
}
