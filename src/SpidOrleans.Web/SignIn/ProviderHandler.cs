using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SpidOrleans.Web.SignIn;

/// <summary>ASP.NET's handler of OpenID Connect. Its own log lines name persons and repeat what the browser sent: the host's settings
/// leave this category out, and <see cref="ProviderSignIn"/> says the same without.</summary>
internal sealed class ProviderHandler(
    IOptionsMonitor<OpenIdConnectOptions> options, ILoggerFactory logger, HtmlEncoder htmlEncoder, UrlEncoder encoder)
    : OpenIdConnectHandler(options, logger, htmlEncoder, encoder)
{
    public const string Name = "Provider";

    public static readonly PathString CallbackPath = "/signin-oidc";

    /// <summary>Where the provider sends a browser that it has signed out.</summary>
    public static readonly PathString LogoutCallbackPath = "/signout-oidc";

    /// <summary>The answer comes as a query: a form from another site would come without our cookies.</summary>
    public override async Task<bool> ShouldHandleRequestAsync() => HttpMethods.IsGet(Request.Method) && await base.ShouldHandleRequestAsync();
}
