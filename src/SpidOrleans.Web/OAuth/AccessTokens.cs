using System.Collections.Frozen;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.OAuth;

/// <summary>
/// Access tokens of client back ends: JWTs (RFC 9068, HS256) whose <c>kid</c> is the client's id and whose key is derived from
/// that client's configured secret. So every instance with the same configuration verifies what any other has issued, with no
/// shared state; and changing a secret ends all tokens that were issued under the old one. Nothing else ends a token early.
/// </summary>
/// <remarks>Who holds a token can try out secrets against it at home: a client's secret must be long and random.</remarks>
internal sealed class AccessTokens
{
    /// <summary>Of each token; longer saves clients requests, shorter bounds what a stolen one is good for.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private const string Issuer = "spidorleans";
    private const string Audience = "spidorleans";
    private const string TokenType = "at+jwt";
    private const string ClientIdClaim = "client_id";

    /// <summary>Clocks of two instances may differ by this much: a token may have been issued in the near future.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _clock;
    private readonly FrozenDictionary<string, SigningCredentials> _keys;
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly TokenValidationParameters _rules;

    public AccessTokens(SpidSettings settings, TimeProvider clock)
    {
        _clock = clock;
        _keys = settings.Clients.Values.ToFrozenDictionary(client => client.Id, client => new SigningCredentials(
            new SymmetricSecurityKey(client.TokenKey) { KeyId = client.Id }, SecurityAlgorithms.HmacSha256));
        _rules = new TokenValidationParameters
        {
            ValidIssuer = Issuer,
            ValidAudience = Audience,
            ValidTypes = [TokenType],
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            IssuerSigningKeyResolver = (_, _, kid, _) => kid is not null && _keys.TryGetValue(kid, out var key) ? [key.Key] : [],
            LifetimeValidator = IsAlive,
        };
    }

    public string Issue(Client client)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Audience,
            TokenType = TokenType,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + Lifetime,
            Claims = new Dictionary<string, object> { [JwtRegisteredClaimNames.Sub] = client.Id, [ClientIdClaim] = client.Id },
            SigningCredentials = _keys[client.Id],
        });
    }

    /// <returns>The id of the client that the token was issued to; null when it is forged, expired or otherwise none of ours.</returns>
    public async ValueTask<string?> FindClientIdAsync(string token)
    {
        var result = await _handler.ValidateTokenAsync(token, _rules);
        return result.IsValid && result.SecurityToken is JsonWebToken jwt && jwt.Subject == jwt.Kid ? jwt.Subject : null;
    }

    private bool IsAlive(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters rules)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        return now + ClockSkew >= notBefore && now < expires;
    }
}
