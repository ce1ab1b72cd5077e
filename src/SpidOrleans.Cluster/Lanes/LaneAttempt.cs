using System.Collections.Immutable;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Events;

namespace SpidOrleans.Cluster.Lanes;

/// <summary>What a lane makes of events: an append, nothing to do, or a case for the grain.</summary>
internal readonly record struct LaneAttempt(VisitorLane? Lane, LaneGauge? Gauge, ImmutableArray<TrackedEvent> Events, AppendOperation? Append)
{
    /// <summary>The lane cannot tell; nothing was done.</summary>
    public static LaneAttempt ForTheGrain => default;

    /// <summary>All of them are durable already.</summary>
    public static LaneAttempt AllKnown => new(null, null, [], null);

    /// <summary>To be called once <see cref="Append"/> is done with.</summary>
    /// <returns>Null: the grain must decide; nothing was stored.</returns>
    public TrackOutcome? Finish(string project)
    {
        if (Append is null) return Events.IsDefault ? null : TrackOutcome.Stored;
        if (Append.Result)
        {
            Lane!.Remember(project, Events);
            return TrackOutcome.Stored;
        }

        Lane!.Close();
        return null;
    }

    /// <summary>Instead of <see cref="Finish"/>: nobody knows whether the events were stored.</summary>
    public void Fail() => Gauge?.Forget();
}
