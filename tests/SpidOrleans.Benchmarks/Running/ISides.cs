namespace SpidOrleans.Benchmarks.Running;

/// <summary>Who takes part in a comparison, each with a fresh database of its own; the last one is compared with the others.</summary>
internal interface ISides : IAsyncDisposable
{
    IReadOnlyList<Side> All { get; }

    /// <summary>Of the database's own processes, which work for all sides.</summary>
    TimeSpan DatabaseProcessorTime { get; }
}
