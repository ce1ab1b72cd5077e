namespace SpidOrleans.Benchmarks.Floor;

/// <summary>The two ways in which one writes such a server; the comparison takes whichever is faster here.</summary>
internal enum FloorConnections
{
    /// <summary>One connection that requests take in turn.</summary>
    Shared,

    /// <summary>A pooled connection for each request; SQLite's own busy handler waits for the write lock.</summary>
    PerRequest,
}
