using Microsoft.AspNetCore.Http;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Demo;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.SignIn;

/// <summary>A page on which anybody signs in or registers as anybody. For this machine alone.</summary>
internal sealed class DevelopmentSignIn(FormGuard forms, SignInCompletion completion, FlowEvents events) : ISignInMethod
{
    private const int NameCharsMax = 255;

    public Problem? Refuse(HttpContext context) => OwnPage.IsFromThisMachine(context) ? null : NoSignIn.NotConfigured;

    public Task<IResult> StartAsync(HttpContext context, FlowRequest flow) => Task.FromResult<IResult>(Show(context, flow));

    public async Task<IResult> SubmitAsync(HttpContext context, FlowRequest flow, UrlForm form)
    {
        if (!UserId.TryParse(form["user_id"], out var user)) return await FailAsync("The user id must be " + UserId.Rule + ".");
        foreach (var field in new[] { "given_name", "family_name" })
        {
            if (form[field] is { } name && !ProviderProfile.IsName(name)) return await FailAsync($"A name must be 1 to {NameCharsMax} characters without control characters.");
        }

        var profile = new UserProfile { GivenName = form["given_name"], FamilyName = form["family_name"] };
        return await completion.CompleteAsync(context, flow, user, profile == UserProfile.Empty ? null : profile);

        async Task<IResult> FailAsync(string fault)
        {
            await events.FailedAsync(context, flow);
            return Show(context, flow, fault);
        }
    }

    private SignInPage Show(HttpContext context, FlowRequest flow, string? fault = null) =>
        SignInPages.Development(flow, forms.Issue(context, flow.Kind.Path()), fault);
}
