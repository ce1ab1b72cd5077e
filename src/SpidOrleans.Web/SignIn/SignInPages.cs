using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;

namespace SpidOrleans.Web.SignIn;

/// <summary>What people read of us on their way.</summary>
internal static class SignInPages
{
    public static string Encode(string text) => HtmlEncoder.Default.Encode(text);

    /// <summary>Back to the site. After a form a page leads there: browsers hold a redirect that follows a form, and all that follow
    /// that one, against <c>form-action</c>.</summary>
    public static IResult Onward(HttpRequest request, string url) => HttpMethods.IsGet(request.Method)
        ? new Onward(url)
        : new SignInPage
        {
            Status = StatusCodes.Status200OK,
            Title = "Back to the site",
            GoesTo = url,
            Body = $"""<p>If nothing happens, <a href="{Encode(url)}">go on here</a>.</p>""",
        };

    /// <summary>For the site's developer: the browser must not be sent anywhere.</summary>
    public static SignInPage Refused(string fault) => new()
    {
        Status = StatusCodes.Status400BadRequest,
        Title = "This link is not right",
        Body = $"""
            <p>The site that sent you here made a mistake. Nothing has happened; go back and try again.</p>
            <p class="soft">For its developers: {Encode(fault)}</p>
            """,
    };

    /// <param name="startUrl">Null when the flow is not known either.</param>
    public static SignInPage Expired(string? startUrl) => new()
    {
        Status = StatusCodes.Status400BadRequest,
        Title = "Please start again",
        Body = "<p>This step was done already, took too long, or belongs to another browser.</p>" + Again(startUrl),
    };

    public static SignInPage ProviderAway(string startUrl) => new()
    {
        Status = StatusCodes.Status503ServiceUnavailable,
        Title = "Signing in does not work at the moment",
        Body = "<p>The service that knows you does not answer. Please try again in a few seconds.</p>" + Again(startUrl),
    };

    public static SignInPage ProviderFailed(string? startUrl) => new()
    {
        Status = StatusCodes.Status502BadGateway,
        Title = "Signing in did not work",
        Body = "<p>The service that knows you gave an answer that cannot be used.</p>" + Again(startUrl),
    };

    /// <summary>The person has proved who they are; the cluster has not confirmed it. The form sends the same login again.</summary>
    public static SignInPage NotConfirmed(string startUrl, string ticket, string token) => new()
    {
        Status = StatusCodes.Status503ServiceUnavailable,
        Title = "One moment",
        Body = $"""
            <p>You are almost signed in: we could not write it down just now.</p>
            <form method="post" action="{Encode(startUrl)}">
            <input type="hidden" name="{FormGuard.Field}" value="{token}"><input type="hidden" name="{SignInCompletion.TicketField}" value="{ticket}">
            <button type="submit">Try again</button>
            </form>
            """,
    };

    /// <summary>The person has proved who they are, and has been erased.</summary>
    public static SignInPage Erased(string cancelUrl) => new()
    {
        Status = StatusCodes.Status403Forbidden,
        Title = "You cannot sign in here",
        Body = $"""
            <p>What was known here under this account has been erased for good, and nobody can sign in with it any more. Trying again does not change that.</p>
            <p><a href="{Encode(cancelUrl)}">Back to the site</a></p>
            """,
    };

    /// <param name="isRepeated">It was tried, and could not be written down.</param>
    public static SignInPage AskLogout(FlowRequest flow, string token, bool isRepeated) => new()
    {
        Status = isRepeated ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK,
        Title = "Log out?",
        Body = $"""
            {(isRepeated ? "<p class=\"bad\">You are not logged out yet: we could not write it down just now.</p>" : "<p>Do you want to log out?</p>")}
            <form method="post" action="{Encode(flow.StartUrl)}">
            <input type="hidden" name="{FormGuard.Field}" value="{token}">
            <div class="row"><button type="submit">Log out</button> <a href="{Encode(flow.CancelUrl)}">Stay logged in</a></div>
            </form>
            """,
    };

    public static SignInPage Development(FlowRequest flow, string token, string? fault)
    {
        var isSignup = flow.Kind == FlowKind.Signup;
        var names = !isSignup ? "" : """
            <label>Given name <input name="given_name" maxlength="255" autocomplete="off"></label>
            <label>Family name <input name="family_name" maxlength="255" autocomplete="off"></label>
            """;
        var other = (isSignup ? FlowKind.Login : FlowKind.Signup).Path() + flow.ToQuery();
        return new SignInPage
        {
            Status = fault is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest,
            Title = isSignup ? "Register" : "Log in",
            Body = $"""
                <p class="soft">A page for development: without an identity provider (<code>Identity:Authority</code>) anybody on this machine is whoever they say.</p>
                {(fault is null ? "" : $"<p class=\"bad\" role=\"alert\">{Encode(fault)}</p>")}
                <form method="post" action="{Encode(flow.StartUrl)}">
                <input type="hidden" name="{FormGuard.Field}" value="{token}">
                <label>User id <input name="user_id" required maxlength="128" autofocus autocomplete="off"></label>
                {names}
                <div class="row"><button type="submit">{(isSignup ? "Register" : "Log in")}</button> <a href="{Encode(flow.CancelUrl)}">Cancel</a> <a href="{Encode(other)}">{(isSignup ? "Log in instead" : "Register instead")}</a></div>
                </form>
                """,
        };
    }

    private static string Again(string? startUrl) => startUrl is null ? "" : $"""<p><a href="{Encode(startUrl)}">Start again</a></p>""";
}

/// <summary>A redirect to a registered address.</summary>
internal sealed class Onward(string url) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status302Found;
        httpContext.Response.Headers.Location = url;
        httpContext.Response.Headers.CacheControl = "no-store";
        return Task.CompletedTask;
    }
}
