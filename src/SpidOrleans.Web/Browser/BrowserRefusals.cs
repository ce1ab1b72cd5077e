using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Browser;

/// <summary>How browsers are told that they asked too often, so that the SDKs understand it: cheap, without asking any grain.</summary>
internal static class BrowserRefusals
{
    /// <summary>Under status 200, else the script does not run. The visitor stays who the cookie says.</summary>
    public static Task OfScriptAsync(HttpContext context, Problem problem)
    {
        if (ScriptCall.ReadCallback(context.Request, mayBeEmpty: true) is not { } callback) return problem.ExecuteAsync(context);
        var services = context.RequestServices;
        var client = CallerCheck.FindTrusted(context.Request, services.GetRequiredService<ClientRegistry>());
        var isKnown = services.GetRequiredService<VisitorCookie>().TryRead(context.Request, out var visitor) && client is not null;
        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.Headers.RetryAfter = problem.RetryAfterSeconds.ToString();
        var json = services.GetRequiredService<SessionAnswer>().TooOften(isKnown ? visitor : (VisitorId?)null);
        return SessionScript.WriteAsync(context, callback, json, client is { AllowCrossSite: true });
    }

    /// <summary>A page of account-sdk-browser may read it.</summary>
    public static Task OfServiceAsync(HttpContext context, Problem problem)
    {
        ServiceCall.Allow(context, context.RequestServices.GetRequiredService<ClientRegistry>());
        return problem.ExecuteAsync(context);
    }

    /// <summary>A page of any client may read it.</summary>
    public static Task OfCollectAsync(HttpContext context, Problem problem)
    {
        CrossOrigin.AllowKnown(context, context.RequestServices.GetRequiredService<ClientRegistry>());
        return problem.ExecuteAsync(context);
    }
}
