using System.Text.Json.Serialization;

namespace SpidOrleans.TestKit.Sending;

/// <summary>The body of <c>POST /v1/visitors/{visitorId}/login</c>.</summary>
public sealed record LoginCall
{
    [JsonPropertyName("userId")]
    public required string UserId { get; init; }

    [JsonPropertyName("time")]
    public long? Time { get; init; }

    [JsonPropertyName("insertId")]
    public string? InsertId { get; init; }

    [JsonPropertyName("properties")]
    public IReadOnlyDictionary<string, object>? Properties { get; init; }

    [JsonPropertyName("remember")]
    public bool? Remember { get; init; }
}

public sealed record LoginAnswer(
    [property: JsonPropertyName("visitorId")] string VisitorId,
    [property: JsonPropertyName("userId")] string UserId,
    [property: JsonPropertyName("merged")] int Merged,
    [property: JsonPropertyName("rotated")] bool Rotated);

public sealed record VisitorAnswer(
    [property: JsonPropertyName("visitorId")] string VisitorId,
    [property: JsonPropertyName("userId")] string? UserId,
    [property: JsonPropertyName("pending")] int Pending);
