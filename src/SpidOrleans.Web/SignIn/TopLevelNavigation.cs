using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Admission;

namespace SpidOrleans.Web.SignIn;

/// <summary>Flows are pages that a browser goes to: nobody embeds them, loads them as an image or fetches them ahead.</summary>
internal static class TopLevelNavigation
{
    /// <summary>Browsers without Fetch Metadata pass: nothing here changes anything for a mere GET that they could be made to send.</summary>
    public static Problem? Refuse(HttpRequest request)
    {
        var headers = request.Headers;
        return headers["Sec-Fetch-Dest"].ToString() is "" or "document"
            && headers["Sec-Fetch-Mode"].ToString() is "" or "navigate"
            && !headers["Sec-Purpose"].ToString().Contains("prefetch", StringComparison.OrdinalIgnoreCase)
            && !headers["Purpose"].ToString().Contains("prefetch", StringComparison.OrdinalIgnoreCase)
            ? null
            : Problem.Forbidden("This is a page to go to: it is not embedded, fetched or loaded ahead.");
    }
}
