using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.OAuth;

namespace SpidOrleans.Web.Admission;

/// <summary>An access token of <c>/oauth/token</c>, as RFC 6750 carries it.</summary>
internal sealed class BearerAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ClientRegistry clients, AccessTokens tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "Bearer";

    private const string Prefix = Name + " ";

    /// <summary>Ours have some 400 characters.</summary>
    private const int LengthMax = 4_000;

    public static bool IsMeant(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || header.Equals(Name, StringComparison.OrdinalIgnoreCase);
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (header.Length <= Prefix.Length || header.Length > LengthMax) return AuthenticateResult.Fail("no token, or one that is too long");
        if (clients.Find(await tokens.FindClientIdAsync(header[Prefix.Length..].Trim())) is not { } client)
            return AuthenticateResult.Fail("forged, expired, or of an unknown client");

        Context.Features.Set(client);
        var principal = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, client.Id)], Scheme.Name));
        return AuthenticateResult.Success(new AuthenticationTicket(principal, Scheme.Name));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\", error_description=\"not a token of this server, or expired\"";
        return Problem.Unauthorized("The access token is not valid, or no longer: get another one from /oauth/token.").ExecuteAsync(Context);
    }
}
