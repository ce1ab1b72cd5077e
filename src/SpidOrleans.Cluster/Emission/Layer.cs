using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Cluster.Emission;

/// <summary>Rows of a batch that go out in one request: all events, all changes of profiles, or all of groups.</summary>
/// <param name="Rows">In the order of their positions.</param>
internal readonly record struct Layer(PayloadKind Kind, IReadOnlyList<OutboxRow> Rows);
