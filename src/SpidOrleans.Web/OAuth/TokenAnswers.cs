using System.Text.Json.Serialization;

namespace SpidOrleans.Web.OAuth;

/// <summary>RFC 6749, section 5.1.</summary>
/// <param name="ExpiresIn">Seconds.</param>
internal sealed record TokenAnswer(
    [property: JsonPropertyName("access_token")] string AccessToken,
    [property: JsonPropertyName("token_type")] string TokenType,
    [property: JsonPropertyName("expires_in")] int ExpiresIn);

/// <summary>RFC 6749, section 5.2.</summary>
/// <param name="Error">Such as <c>invalid_client</c>.</param>
/// <param name="Description">For the developer.</param>
internal sealed record TokenRefusal(
    [property: JsonPropertyName("error")] string Error,
    [property: JsonPropertyName("error_description")] string Description);

[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(TokenRefusal))]
internal sealed partial class TokenJson : JsonSerializerContext;

/// <summary>The form as OpenAPI shows it.</summary>
internal sealed record TokenBody
{
    /// <summary>client_credentials</summary>
    [JsonPropertyName("grant_type")]
    public required string GrantType { get; init; }

    /// <summary>Unless HTTP Basic carries it.</summary>
    [JsonPropertyName("client_id")]
    public string? ClientId { get; init; }

    /// <summary>Unless HTTP Basic carries it.</summary>
    [JsonPropertyName("client_secret")]
    public string? ClientSecret { get; init; }
}
