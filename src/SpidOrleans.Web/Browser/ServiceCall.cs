using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Browser;

/// <summary>What all questions of account-sdk-browser have in common: <c>fetch</c> with credentials, from a registered origin.</summary>
internal static class ServiceCall
{
    /// <summary>The client whose page asks; null: it has been refused. From here on the page may read the answer, failures too.</summary>
    public static async Task<Client?> AdmitAsync(HttpContext context, ClientRegistry clients)
    {
        var client = Allow(context, clients);
        if (client is null) await Problem.Forbidden("The page's origin is not registered for the client that client_sdrn names.").ExecuteAsync(context);
        return client;
    }

    /// <summary>Lets the page read whatever is answered, if it is a client's.</summary>
    public static Client? Allow(HttpContext context, ClientRegistry clients)
    {
        context.Response.Headers.Vary = "Origin, Cookie, Sec-Fetch-Site, Sec-Fetch-Dest";
        context.Response.Headers.CacheControl = "private, no-store";
        context.Response.Headers["Cross-Origin-Resource-Policy"] = "same-site";
        var client = CallerCheck.FindOrigin(context.Request, clients);
        if (client is not null) CrossOrigin.Allow(context.Response.Headers, CallerCheck.Origin(context.Request));
        return client;
    }

    public static Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> json)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        return context.Response.Body.WriteAsync(json, context.RequestAborted).AsTask();
    }
}
