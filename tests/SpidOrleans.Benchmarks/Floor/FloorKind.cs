namespace SpidOrleans.Benchmarks.Floor;

/// <summary>The ways in which one writes such a server.</summary>
internal enum FloorKind
{
    /// <summary>SQLite as it is usually used: a new connection for each event, everything else left to the driver.</summary>
    Stock,

    /// <summary>SQLite with an open connection for each request under way; its own busy handler waits for the write lock.</summary>
    PerRequest,

    /// <summary>SQLite with one connection that requests take in turn.</summary>
    Shared,

    /// <summary>PostgreSQL with pooled connections: one prepared <c>INSERT</c>, one commit for each request.</summary>
    Naive,

    /// <summary>PostgreSQL with one writer: one <c>INSERT</c>, one commit for whatever all requests have queued.</summary>
    Group,
}
