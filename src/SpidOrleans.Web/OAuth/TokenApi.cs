using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Documentation;

namespace SpidOrleans.Web.OAuth;

/// <summary><c>POST /oauth/token</c>: RFC 6749's client credentials grant.</summary>
internal sealed class TokenApi(ClientRegistry clients, AccessTokens tokens)
{
    private const string GrantType = "client_credentials";

    /// <summary>Of the form.</summary>
    private const int BodyBytesMax = 16 << 10;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<TokenApi>();
        routes.MapPost("/token", (Delegate)api.IssueAsync).Describe("issueToken", "Issues an access token to a client",
            "The client credentials grant of RFC 6749. The client proves itself by HTTP Basic, or by client_id and client_secret in "
            + "the form. The token is sent as Authorization: Bearer, is good for an hour on every instance, and ends when the "
            + "client's secret changes.",
            body: typeof(TokenBody), bodyType: "application/x-www-form-urlencoded", answer: typeof(TokenAnswer),
            refusals: [408, 413, 503], ownRefusals: (typeof(TokenRefusal), [400, 401]));
    }

    private async Task<IResult> IssueAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        (headers.CacheControl, headers.Pragma) = ("no-store", "no-cache");
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = BodyBytesMax;
        var body = await RequestBody.ReadFormAsync(context);
        if (body.Refusal is { Status: not StatusCodes.Status415UnsupportedMediaType }) return body.Refusal;
        if (body.Refusal is not null || TokenForm.Read(body.Bytes) is not { } form)
            return Refuse("invalid_request", "Send application/x-www-form-urlencoded, each parameter once.");

        if (form.GrantType is null) return Refuse("invalid_request", "grant_type is missing.");
        var header = context.Request.Headers.Authorization.ToString();
        if (header.Length > 0 && form.ClientSecret is not null)
            return Refuse("invalid_request", "Prove the client by HTTP Basic or by client_secret, not by both.");
        if (Find(header, form) is not { } client)
        {
            headers.WWWAuthenticate = BasicAuthentication.Challenge;
            return Refuse("invalid_client", "Unknown client, or wrong secret.", StatusCodes.Status401Unauthorized);
        }

        if (form.GrantType != GrantType) return Refuse("unsupported_grant_type", $"Only {GrantType} is supported.");
        if (form.Scope is not null) return Refuse("invalid_scope", "There are no scopes: leave it out.");
        return TypedResults.Json(
            new TokenAnswer(tokens.Issue(client), BearerAuthentication.Name, (int)AccessTokens.Lifetime.TotalSeconds), TokenJson.Default.TokenAnswer);
    }

    private Client? Find(string header, TokenForm form)
    {
        if (header.Length == 0) return clients.FindProven(form.ClientId ?? "", Encoding.UTF8.GetBytes(form.ClientSecret ?? ""));
        if (!BasicCredentials.TryRead(header, out var id, out var secret)) return null;
        if (form.ClientId is not null && form.ClientId != id) return null;

        // RFC 6749 has both parts form-encoded before Basic encodes them; many clients do not, and neither does the rest of /v1.
        if (clients.FindProven(id, secret) is { } client) return client;
        return secret.IndexOfAny((byte)'%', (byte)'+') < 0 ? null
            : clients.FindProven(WebUtility.UrlDecode(id), WebUtility.UrlDecodeToBytes(secret.ToArray(), 0, secret.Length));
    }

    private static JsonHttpResult<TokenRefusal> Refuse(string error, string description, int status = StatusCodes.Status400BadRequest) =>
        TypedResults.Json(new TokenRefusal(error, description), TokenJson.Default.TokenRefusal, statusCode: status);
}
