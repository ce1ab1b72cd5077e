namespace SpidOrleans.Web.Reading;

/// <summary>What the reading of a body with events depends on.</summary>
public readonly record struct EventsReaderOptions
{
    /// <summary><c>Limits:EventsPerRequest</c>; a request with more is too large.</summary>
    public required int EventsMax { get; init; }

    /// <summary>The server's clock, to which times are held.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>True for our SDK's body: it names its client, each event has a time and an insert id, and none may say
    /// who the user is or where the browser stands.</summary>
    public bool FromBrowser { get; init; }
}
