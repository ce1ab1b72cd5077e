using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.SignIn;

/// <summary>How people say who they are.</summary>
internal interface ISignInMethod
{
    /// <summary>Why nobody can sign in here now; null: they can.</summary>
    Problem? Refuse(HttpContext context) => null;

    /// <summary>A browser comes to <c>/flow/login</c> or <c>/flow/signup</c>.</summary>
    Task<IResult> StartAsync(HttpContext context, FlowRequest flow);

    /// <summary>It sends the form of our own page.</summary>
    Task<IResult> SubmitAsync(HttpContext context, FlowRequest flow, UrlForm form) =>
        Task.FromResult<IResult>(Problem.Of(StatusCodes.Status404NotFound));

    /// <summary>Where a browser that has just been signed out here goes to be signed out there, and from there to the flow's return
    /// address; null: nowhere.</summary>
    Task<string?> FindLogoutAsync(HttpContext context, FlowRequest flow) => Task.FromResult<string?>(null);
}

/// <summary>No identity provider, and a host that others can reach: signing in anybody as anybody would be all there is.</summary>
internal sealed class NoSignIn : ISignInMethod
{
    public static Problem NotConfigured { get; } = new()
    {
        Status = StatusCodes.Status501NotImplemented,
        Detail = "Nobody can sign in here: no identity provider is configured (Identity:Authority, Identity:ClientId, Identity:ClientSecret).",
    };

    public Problem? Refuse(HttpContext context) => NotConfigured;

    public Task<IResult> StartAsync(HttpContext context, FlowRequest flow) => Task.FromResult<IResult>(NotConfigured);
}
