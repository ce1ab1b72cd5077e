using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.OAuth;

namespace SpidOrleans.Web.Rest;

/// <summary>The client that calls SPiD's REST API, by its access token: <c>oauth_token</c> in the query or the form, or a Bearer header.</summary>
internal sealed class RestCaller(ClientRegistry clients, AccessTokens tokens)
{
    public const string Parameter = "oauth_token";

    /// <summary>Ours have some 400 characters.</summary>
    private const int LengthMax = 4_000;

    /// <param name="formToken">What the form says; null: there is none, or it says nothing.</param>
    public async ValueTask<Client?> FindAsync(HttpRequest request, string? formToken)
    {
        var token = BearerOf(request) ?? formToken ?? request.Query[Parameter].ToString();
        return token.Length is > 0 and <= LengthMax ? clients.Find(await tokens.FindClientIdAsync(token)) : null;
    }

    /// <summary>As SPiD answers it: not in the container.</summary>
    public static IResult Refuse(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(
            new OAuthError("invalid_token", StatusCodes.Status401Unauthorized, "OAuthException", "No token, or one that is not of this server or has expired."),
            OAuthErrorJson.Default.OAuthError, statusCode: StatusCodes.Status401Unauthorized);
    }

    private static string? BearerOf(HttpRequest request) =>
        BearerAuthentication.IsMeant(request) ? request.Headers.Authorization.ToString()[BearerAuthentication.Name.Length..].Trim() : null;
}

/// <param name="Error">Such as <c>invalid_token</c>.</param>
/// <param name="ErrorCode">The status.</param>
internal sealed record OAuthError(
    [property: JsonPropertyName("error")] string Error,
    [property: JsonPropertyName("error_code")] int ErrorCode,
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("error_description")] string Description);

[JsonSerializable(typeof(OAuthError))]
internal sealed partial class OAuthErrorJson : JsonSerializerContext;
