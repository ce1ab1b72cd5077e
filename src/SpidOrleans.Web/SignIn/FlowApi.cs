using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Documentation;

namespace SpidOrleans.Web.SignIn;

/// <summary><c>/flow/login</c> and <c>/flow/signup</c>: a site sends the browser here, and it comes back signed in.</summary>
internal sealed class FlowApi(ClientRegistry clients, ISignInMethod method, SignInCompletion completion, SignInTickets tickets, FormGuard forms,
    FlowEvents events)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<FlowApi>();
        foreach (var kind in new[] { FlowKind.Login, FlowKind.Signup })
        {
            routes.MapGet(kind.Path(), (Delegate)((HttpContext context) => api.StartAsync(context, kind))).Describe(
                kind == FlowKind.Login ? "flowLogin" : "flowSignup",
                kind == FlowKind.Login ? "Signs a person in and returns to the site" : "Registers a person and returns to the site",
                "For a browser to go to. It leads to the identity provider and in the end to redirect_uri, with state as it came; the browser is "
                + "signed in then, and its visitor linked with the user. A person who breaks off is sent to cancel_redirect_uri with spid_page, or "
                + "to redirect_uri with error=access_denied. An address that is not registered character by character is answered by a page (400), "
                + "never by a redirect.",
                answerStatus: StatusCodes.Status302Found, answerType: null, refusals: [403, 501], query: FlowQuery.Of(kind));
            // For link checkers: what a GET begins, it ends without anything.
            routes.MapMethods(kind.Path(), [HttpMethods.Head], (Delegate)((HttpContext context) => api.StartAsync(context, kind))).ExcludeFromDescription();
            routes.MapPost(kind.Path(), (Delegate)((HttpContext context) => api.SubmitAsync(context, kind))).ExcludeFromDescription();
        }
    }

    private async Task<IResult> StartAsync(HttpContext context, FlowKind kind)
    {
        if ((method.Refuse(context) ?? TopLevelNavigation.Refuse(context.Request)) is { } refusal) return refusal;
        if (!FlowRequest.TryRead(context.Request.Query, kind, clients, out var flow, out var fault)) return SignInPages.Refused(fault);
        var answer = await method.StartAsync(context, flow);
        if (answer is not SignInPage { Status: >= 400 }) await events.StartedAsync(context, flow);
        return answer;
    }

    private async Task<IResult> SubmitAsync(HttpContext context, FlowKind kind)
    {
        if (method.Refuse(context) is { } refusal) return refusal;
        if (!FlowRequest.TryRead(context.Request.Query, kind, clients, out var flow, out var fault)) return SignInPages.Refused(fault);
        var (form, unreadable) = await SmallForms.ReadAsync(context);
        if (form is null) return unreadable!;
        if (!forms.IsGenuine(context, kind.Path(), form[FormGuard.Field])) return SignInPages.Expired(flow.StartUrl);
        if (form[SignInCompletion.TicketField] is not { } text) return await method.SubmitAsync(context, flow, form);

        // A login that was not confirmed, sent again by the person.
        return tickets.Read(text) is { } ticket && ticket.Kind == kind && FlowRequest.TryParse(ticket.Query, kind, clients, out flow)
            ? await completion.CompleteAsync(context, flow, ticket)
            : SignInPages.Expired(flow?.StartUrl);
    }
}
