using SpidOrleans.Contracts.Events;

namespace SpidOrleans.Web.Ingestion;

/// <summary>An event as one of Mixpanel's clients sent it, or why it is refused.</summary>
internal sealed record TrackRecord
{
    public SentIds Ids { get; init; }

    public string? Token { get; init; }

    /// <summary>As it was sent; empty: none.</summary>
    public string SentInsertId { get; init; } = "";

    /// <summary>Accepted and not stored.</summary>
    public bool IsDropped { get; init; }

    /// <summary>Null when refused or dropped.</summary>
    public TrackedEvent? Event { get; init; }

    public RecordFault? Fault { get; init; }
}
