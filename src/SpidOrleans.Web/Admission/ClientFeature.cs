using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Admission;

internal static class ClientFeature
{
    /// <summary>The client whose credentials came with the request; only behind <c>RequireAuthorization</c>.</summary>
    public static Client GetClient(this HttpContext context) => context.Features.GetRequiredFeature<Client>();
}
