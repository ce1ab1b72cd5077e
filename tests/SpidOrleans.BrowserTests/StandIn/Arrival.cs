namespace SpidOrleans.BrowserTests.StandIn;

/// <summary>One event of one request to <c>/v1/collect</c>, stored or not.</summary>
/// <param name="Request">The request's number, from 1.</param>
/// <param name="IsStored">False when the request was refused before anything was stored.</param>
public sealed record Arrival(int Request, bool IsStored, string Event, string? VisitorId, long Time, string InsertId, string Properties)
{
    /// <summary>What Mixpanel counts by.</summary>
    public (string, string?, long, string) Tuple => (Event, VisitorId, Time, InsertId);
}
