using System.Text.Json.Serialization;

namespace SpidOrleans.TestKit.Sending;

/// <summary>One event of <c>POST /v1/events</c>; names either a visitor or a user.</summary>
public sealed record BackEndEvent
{
    [JsonPropertyName("event")]
    public required string Event { get; init; }

    [JsonPropertyName("visitorId")]
    public string? VisitorId { get; init; }

    [JsonPropertyName("userId")]
    public string? UserId { get; init; }

    [JsonPropertyName("time")]
    public long? Time { get; init; }

    [JsonPropertyName("insertId")]
    public string? InsertId { get; init; }

    [JsonPropertyName("properties")]
    public IReadOnlyDictionary<string, object>? Properties { get; init; }
}
