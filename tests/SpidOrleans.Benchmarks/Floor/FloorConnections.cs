namespace SpidOrleans.Benchmarks.Floor;

/// <summary>The ways in which one writes such a server: as it comes, and two that somebody has tuned.</summary>
internal enum FloorConnections
{
    /// <summary>How it is usually written: a new connection for each request, everything else left to the driver.</summary>
    Stock,

    /// <summary>An open connection for each request under way; SQLite's own busy handler waits for the write lock.</summary>
    PerRequest,

    /// <summary>One connection that requests take in turn.</summary>
    Shared,
}
