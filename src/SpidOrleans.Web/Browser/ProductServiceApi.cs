using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Contracts;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Documentation;
using SpidOrleans.Web.Entitlements;

namespace SpidOrleans.Web.Browser;

/// <summary><c>/hasProduct/{id}</c> and <c>/hasSubscription/{id}</c>, which account-sdk-browser 3 asks where it has a <c>sessionDomain</c>.</summary>
internal sealed class ProductServiceApi(
    IGrainFactory grains, ClientRegistry clients, VisitorCookie cookie, BrowserSessions sessions, IEntitlements entitlements, SessionAnswer answers)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<ProductServiceApi>();
        IReadOnlyList<QueryNote> query = [new("client_sdrn", true, "sdrn:{environment}:client:{client_id}.")];
        Map("/hasProduct/{id}", "hasProductV3", "Tells account-sdk-browser 3 whether its user has a product", ofSubscription: false);
        Map("/hasSubscription/{id}", "hasSubscriptionV3", "Tells account-sdk-browser 3 whether its user subscribes to a product", ofSubscription: true);

        void Map(string path, string id, string summary, bool ofSubscription) =>
            routes.MapGet(path, (Delegate)((HttpContext context) => api.AnswerAsync(context, ofSubscription))).Describe(id, summary,
                "CORS with credentials, for registered origins. The session's fields, productId and result. 400 without a visitor's cookie: "
                + "the SDK then asks /ajax/hasproduct.js or hassubscription.js, with its sp_id. 401: nobody is signed in.",
                refusals: [400, 401, 403, 503], query: query);
    }

    private async Task AnswerAsync(HttpContext context, bool ofSubscription)
    {
        if (await ServiceCall.AdmitAsync(context, clients) is not { } client) return;
        var id = context.Request.RouteValues["id"]?.ToString() ?? "";
        if (!ProductSettings.IdPattern.IsMatch(id))
        {
            await Problem.Invalid("id", "must be " + ProductSettings.IdRule).ExecuteAsync(context);
            return;
        }

        var isNear = CallerCheck.IsNear(context.Request, client);
        if (isNear && !cookie.TryRead(context.Request, out _))
        {
            await Problem.Invalid("cookie", "must be a visitor's").ExecuteAsync(context);
            return;
        }

        var session = isNear ? await sessions.LookAsync(context) : null;
        if (session?.UserId is not { } user)
        {
            await Problem.Unauthorized("Nobody is signed in.").ExecuteAsync(context);
            return;
        }

        var account = await ClusterCall.OrUnavailableAsync(() => grains.GetUser(user).GetAccountAsync());
        var entitlement = await entitlements.FindAsync(client, user, id, context.RequestAborted);
        await ServiceCall.WriteAsync(context, answers.Product(client, session, account, id, entitlement, ofSubscription));
    }
}
