using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Web.Ingestion;

/// <summary>A change of a profile as one of Mixpanel's clients sent it, or why it is refused.</summary>
internal sealed record UpdateRecord
{
    public SentIds Ids { get; init; }

    public string? Token { get; init; }

    public string? GroupKey { get; init; }

    public string? GroupId { get; init; }

    /// <summary>Null when refused, and where there is nothing to do.</summary>
    public ProfileUpdate? Update { get; init; }

    public RecordFault? Fault { get; init; }
}
