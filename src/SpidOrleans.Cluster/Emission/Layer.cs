using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Cluster.Emission;

/// <summary>Rows of a batch that go out in one request: all events, or all changes of profiles.</summary>
/// <param name="Rows">In the order of their positions.</param>
internal readonly record struct Layer(bool OfProfiles, IReadOnlyList<OutboxRow> Rows);
