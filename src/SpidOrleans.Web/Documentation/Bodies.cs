using System.Text.Json.Nodes;
using SpidOrleans.Web.ClientApi;

namespace SpidOrleans.Web.Documentation;

// The bodies as OpenAPI shows them. They are read by hand (Reading/), which names every fault and its place.

/// <summary>Also taken: the bare list.</summary>
internal sealed record EventsBody
{
    /// <summary>1 to 2,000 events, any mix of identities.</summary>
    public required IReadOnlyList<EventBody> Events { get; init; }
}

/// <summary>Names exactly one of visitorId and userId.</summary>
internal sealed record EventBody
{
    /// <summary>1 to 255 characters.</summary>
    public required string Event { get; init; }

    /// <summary>A UUID version 4.</summary>
    public string? VisitorId { get; init; }

    /// <summary>1 to 128 characters.</summary>
    public string? UserId { get; init; }

    /// <summary>Milliseconds since the Unix epoch, 1971 to one hour ahead. Absent: the time of arrival.</summary>
    public long? Time { get; init; }

    /// <summary>1 to 36 of A-Z, a-z, 0-9 and '-'; only together with time.</summary>
    public string? InsertId { get; init; }

    /// <summary>The person's address.</summary>
    public string? Ip { get; init; }

    /// <summary>The person's browser.</summary>
    public string? UserAgent { get; init; }

    /// <summary>At most 200, three levels deep.</summary>
    public JsonObject? Properties { get; init; }
}

internal sealed record LoginBody
{
    /// <summary>1 to 128 characters.</summary>
    public required string UserId { get; init; }

    /// <summary>Of the login event, in milliseconds since the Unix epoch.</summary>
    public long? Time { get; init; }

    /// <summary>Of the login event; only together with time.</summary>
    public string? InsertId { get; init; }

    /// <summary>The person's address.</summary>
    public string? Ip { get; init; }

    /// <summary>The person's browser.</summary>
    public string? UserAgent { get; init; }

    /// <summary>Of the login event.</summary>
    public JsonObject? Properties { get; init; }

    public ProfileFields? Profile { get; init; }

    /// <summary>SPiD's tracking_ref.</summary>
    public string? TrackingRef { get; init; }

    /// <summary>SPiD's tag.</summary>
    public string? Tag { get; init; }

    /// <summary>Such as payment or signup.</summary>
    public string? Flow { get; init; }

    /// <summary>The person wants to stay signed in: an ended session starts again by itself. False if absent.</summary>
    public bool? Remember { get; init; }
}

/// <summary>May be empty.</summary>
internal sealed record LogoutBody
{
    /// <summary>The person's address.</summary>
    public string? Ip { get; init; }

    /// <summary>The person's browser.</summary>
    public string? UserAgent { get; init; }
}

internal sealed record ConsentBody
{
    /// <summary>May this person be tracked?</summary>
    public required bool Tracking { get; init; }
}

/// <summary>What of the event is to be another; may be empty.</summary>
internal sealed record RepairBody
{
    /// <summary>1 to 255 characters.</summary>
    public string? Event { get; init; }

    /// <summary>Milliseconds since the Unix epoch, 1971 to one hour ahead.</summary>
    public long? Time { get; init; }

    /// <summary>1 to 36 of A-Z, a-z, 0-9 and '-'.</summary>
    public string? InsertId { get; init; }

    /// <summary>At most 200, three levels deep.</summary>
    public JsonObject? Properties { get; init; }
}

internal sealed record CollectBody
{
    public required string ClientId { get; init; }

    /// <summary>1 to 2,000, of the visitor whose cookie comes along.</summary>
    public required IReadOnlyList<CollectedEventBody> Events { get; init; }
}

internal sealed record CollectedEventBody
{
    /// <summary>1 to 255 characters.</summary>
    public required string Event { get; init; }

    /// <summary>The visitor at the time of tracking, if the browser has got another one since.</summary>
    public string? VisitorId { get; init; }

    /// <summary>Milliseconds since the Unix epoch.</summary>
    public required long Time { get; init; }

    /// <summary>1 to 36 of A-Z, a-z, 0-9 and '-'.</summary>
    public required string InsertId { get; init; }

    public JsonObject? Properties { get; init; }
}

/// <summary>The form of traits.</summary>
internal sealed record TraitsBody
{
    /// <summary>A flat JSON object: strings, numbers, booleans and lists of these; at most 32 traits and 16384 bytes of one client.</summary>
    public required string Traits { get; init; }
}

/// <summary>SPiD's container.</summary>
internal sealed record ContainerBody
{
    /// <summary>SPP Container</summary>
    public required string Name { get; init; }

    public required string Version { get; init; }

    public required int Api { get; init; }

    public required string Object { get; init; }

    public required string Type { get; init; }

    /// <summary>The status.</summary>
    public required int Code { get; init; }

    /// <summary>code, type and description; null: all is well.</summary>
    public required JsonObject? Error { get; init; }

    /// <summary>All traits that the client has set of this user; null with an error.</summary>
    public required JsonObject? Data { get; init; }
}

/// <summary>RFC 9457 problem details.</summary>
internal sealed record ProblemBody
{
    public required string Type { get; init; }

    public required string Title { get; init; }

    public required int Status { get; init; }

    public required string Detail { get; init; }

    /// <summary>What is wrong, by place, such as <c>events[3].insertId</c>.</summary>
    public Dictionary<string, IReadOnlyList<string>>? Errors { get; init; }
}
