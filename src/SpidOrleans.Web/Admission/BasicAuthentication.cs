using System.Net.Http.Headers;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Admission;

/// <summary>HTTP Basic with a client's id and secret.</summary>
internal sealed class BasicAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ClientRegistry clients)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "Basic";

    private const int CredentialsLengthMax = 2_000;

    // An unknown client costs the same comparison as a known one, against a digest that nothing hashes to.
    private static readonly byte[] NobodysHash = new byte[SHA256.HashSizeInBytes];

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (header.Length == 0) return Task.FromResult(AuthenticateResult.NoResult());
        if (!TryRead(header, out var id, out var secret)) return Task.FromResult(AuthenticateResult.Fail("not Basic credentials"));

        var client = clients.Find(id);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(secret, hash);
        if (!CryptographicOperations.FixedTimeEquals(hash, client?.SecretHash ?? NobodysHash) || client is null)
            return Task.FromResult(AuthenticateResult.Fail("unknown client or wrong secret"));

        Context.Features.Set(client);
        var principal = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, client.Id)], Scheme.Name));
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(principal, Scheme.Name)));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Basic realm=\"SpidOrleans\", charset=\"UTF-8\"";
        return Problem.Of(StatusCodes.Status401Unauthorized).ExecuteAsync(Context);
    }

    private static bool TryRead(string header, out string id, out byte[] secret)
    {
        (id, secret) = ("", []);
        if (header.Length > CredentialsLengthMax || !AuthenticationHeaderValue.TryParse(header, out var value)) return false;
        if (!Name.Equals(value.Scheme, StringComparison.OrdinalIgnoreCase) || value.Parameter is null) return false;
        var credentials = new byte[value.Parameter.Length];
        if (!Convert.TryFromBase64String(value.Parameter, credentials, out var length)) return false;
        var colon = credentials.AsSpan(0, length).IndexOf((byte)':');
        if (colon < 0) return false;
        id = Encoding.UTF8.GetString(credentials, 0, colon);
        secret = credentials[(colon + 1)..length];
        return true;
    }
}
