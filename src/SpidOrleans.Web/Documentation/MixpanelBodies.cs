using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace SpidOrleans.Web.Documentation;

// Mixpanel's own bodies, of which this is the plainest form. They are read by hand (Ingestion/).

/// <summary>Also taken: a list of these; one a line; and as data in a form or query, as JSON or its base64.</summary>
internal sealed record MixpanelEventBody
{
    /// <summary>Cut at 255 characters.</summary>
    public required string Event { get; init; }

    /// <summary>token, time (seconds, whole or not, or milliseconds), $insert_id, and one of distinct_id, $device_id and $user_id; the others are the event's own.</summary>
    public required JsonObject Properties { get; init; }
}

/// <summary>Has one operation besides: $set, $set_once, $add, $append, $union, $remove, $unset or $delete. Also taken: a list of these, and as data.</summary>
internal sealed record MixpanelUpdateBody
{
    /// <summary>The project's.</summary>
    [JsonPropertyName("$token")]
    public required string Token { get; init; }

    /// <summary>A visitor's id or, with the client's credentials, a user's.</summary>
    [JsonPropertyName("$distinct_id")]
    public string? DistinctId { get; init; }

    /// <summary>Of a group, such as company.</summary>
    [JsonPropertyName("$group_key")]
    public string? GroupKey { get; init; }

    /// <summary>Of a group.</summary>
    [JsonPropertyName("$group_id")]
    public string? GroupId { get; init; }

    /// <summary>At most 2,000 properties and 1,000,000 bytes.</summary>
    [JsonPropertyName("$set")]
    public JsonObject? Set { get; init; }
}

/// <summary>Of /import.</summary>
internal sealed record MixpanelImportAnswer
{
    /// <summary>The status.</summary>
    public required int Code { get; init; }

    public string? Error { get; init; }

    /// <summary>With strict=1: index, insert_id, field and message of each record that was refused; the others are stored.</summary>
    [JsonPropertyName("failed_records")]
    public IReadOnlyList<JsonObject>? FailedRecords { get; init; }

    [JsonPropertyName("num_records_imported")]
    public int? Imported { get; init; }

    public required string Status { get; init; }
}
