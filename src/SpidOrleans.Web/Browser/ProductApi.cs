using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SpidOrleans.Contracts;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Documentation;
using SpidOrleans.Web.Entitlements;

namespace SpidOrleans.Web.Browser;

/// <summary><c>hasproduct.js</c> and <c>hassubscription.js</c>: whether the signed-in person has a product.</summary>
internal sealed class ProductApi(
    IGrainFactory grains, ClientRegistry clients, BrowserSessions sessions, SpId spId, IEntitlements entitlements, SessionAnswer answers,
    ILogger<SessionApi> logger)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<ProductApi>();
        IReadOnlyList<QueryNote> query =
        [
            .. ScriptCall.Query,
            new("product_id", true, "1 to 64 of A-Z, a-z, 0-9, '_' and '-'."),
            new("sp_id", false, "From the session: proves it where the cookie does not come along."),
        ];
        Map("/ajax/hasproduct.js", "hasProduct", "Tells a page whether its user has a product", ofSubscription: false);
        Map("/ajax/hassubscription.js", "hasSubscription", "Tells a page whether its user subscribes to a product", ofSubscription: true);

        void Map(string path, string id, string summary, bool ofSubscription) =>
            routes.MapGet(path, (Delegate)((HttpContext context) => api.AnswerAsync(context, ofSubscription))).Describe(id, summary,
                "JSONP as hasSession, with the session's fields, productId and result. For sp_id without a session: ids, times and result only.",
                answerType: "text/javascript", refusals: [400], query: query);
    }

    private async Task AnswerAsync(HttpContext context, bool ofSubscription)
    {
        if (ScriptCall.ReadCallback(context.Request) is not { } callback)
        {
            await ScriptCall.InvalidCallback().ExecuteAsync(context);
            return;
        }

        var productId = context.Request.Query["product_id"].ToString();
        if (!ProductSettings.IdPattern.IsMatch(productId))
        {
            await Problem.Invalid("product_id", "must be " + ProductSettings.IdRule).ExecuteAsync(context);
            return;
        }

        var client = CallerCheck.FindTrusted(context.Request, clients);
        var json = client is null ? answers.Anonymous(null) : await DescribeAsync(context, client, productId, ofSubscription);
        await SessionScript.WriteAsync(context, callback, json, client is { AllowCrossSite: true });
    }

    private async Task<ReadOnlyMemory<byte>> DescribeAsync(HttpContext context, Client client, string productId, bool ofSubscription)
    {
        try
        {
            var session = await sessions.LookAsync(context);
            var shown = session.UserId is null ? await FindBySpIdAsync(client, context.Request.Query["sp_id"]) : null;
            session = shown ?? session;
            if (session.UserId is not { } user) return answers.Anonymous(session);
            // It travels in addresses and lies in a cookie that scripts read: it proves the access, and tells nothing of the person.
            var account = shown is null ? await ClusterCall.OrUnavailableAsync(() => grains.GetUser(user).GetAccountAsync()) : null;
            var entitlement = await entitlements.FindAsync(client, user, productId, context.RequestAborted);
            return answers.Product(client, session, account, productId, entitlement, ofSubscription);
        }
        catch (ClusterUnavailableException exception)
        {
            SessionApi.LogUnavailable(logger, exception.GetBaseException().GetType().Name);
            return answers.Unavailable(null);
        }
    }

    /// <summary>The session that a page shows in place of the cookie: it ends with that session, and gives no other.</summary>
    private async Task<BrowserSession?> FindBySpIdAsync(Client client, string? text)
    {
        if (spId.Read(client, text) is not { } shown) return null;
        var user = await ClusterCall.OrUnavailableAsync(() => grains.GetVisitor(shown.Visitor).FindSignedInAsync(shown.Session));
        return user is null ? null : new BrowserSession(shown.Visitor, user);
    }
}
