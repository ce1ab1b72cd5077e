using System.Collections.Immutable;

namespace SpidOrleans.Cluster.Telemetry;

/// <summary>Sampled requests whose events lie in one shard.</summary>
/// <param name="Position">No event of theirs lies behind it.</param>
/// <param name="Requests">Their contexts, as <c>traceparent</c> has them.</param>
public readonly record struct RequestTraces(long Position, ImmutableArray<string> Requests);
