using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SpidOrleans.Web.Operators;

/// <summary><see cref="OperatorLock"/> as ASP.NET asks for it, of endpoints and pages alike.</summary>
internal sealed class OperatorAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, OperatorLock operators)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "Operator";

    private OperatorEntry _entry;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        _entry = operators.Check(Context);
        if (_entry != OperatorEntry.Open) return Task.FromResult(AuthenticateResult.NoResult());
        var principal = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Role, Name)], Name));
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(principal, Name)));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (_entry.IsAskedFor()) Response.Headers.WWWAuthenticate = OperatorEntries.Challenge;
        return (_entry.Refusal() ?? OperatorEntry.Unproven.Refusal()!).ExecuteAsync(Context);
    }
}
