using System.Net;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Demo;

/// <summary>Lets only this machine's own demo page act: its endpoints sign in anybody as anybody.</summary>
internal sealed class OwnPage : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        Refuse(context.HttpContext) is { } refusal ? ValueTask.FromResult<object?>(refusal) : next(context);

    /// <summary>True when the request comes from this machine and means it.</summary>
    internal static bool IsFromThisMachine(HttpContext context)
    {
        var request = context.Request;
        // The host name too: another site's name may have been pointed at this machine (DNS rebinding). A proxy on this
        // machine would make everybody look local.
        return context.Connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote)
            && WebOrigin.IsLoopback(request.Host.Host)
            && !Forwarding.IsForwarded(request);
    }

    internal static Problem? Refuse(HttpContext context)
    {
        var request = context.Request;
        if (!IsFromThisMachine(context)) return Problem.Forbidden("The demo serves this machine only.");
        if (HttpMethods.IsGet(request.Method)) return RefuseOtherSites(request);

        var origin = request.Headers.Origin.ToString();
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (origin.Length == 0 && site.Length == 0) return Problem.Forbidden("The demo acts for its own page only: send its Origin.");
        if (origin.Length > 0 && origin != $"{request.Scheme}://{request.Host}") return Problem.Forbidden("The demo acts for its own page only.");
        return RefuseOtherSites(request);
    }

    private static Problem? RefuseOtherSites(HttpRequest request) =>
        request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none" ? null : Problem.Forbidden("The demo acts for its own page only.");
}
