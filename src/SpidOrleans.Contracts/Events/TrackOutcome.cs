namespace SpidOrleans.Contracts.Events;

/// <summary>What became of a call that appends to a lane. Only <see cref="Stored"/> may be acknowledged.</summary>
[GenerateSerializer, Alias("spid.track-outcome")]
public enum TrackOutcome
{
    /// <summary>Every event is durable, now or since an earlier sending.</summary>
    Stored = 0,

    /// <summary>The lane holds <c>Limits:PendingPerLane</c> events: nothing was stored; try later (429).</summary>
    LaneFull = 1,

    /// <summary>The outbox did not confirm: some may be stored; send the same again (503).</summary>
    Unavailable = 2,

    /// <summary>An old copy of a cookie was shown for a visitor that is a person's by now: nothing was stored (401).</summary>
    Stranger = 3,

    /// <summary>The visitor or user was erased: nothing was stored of it, nor ever will be (403).</summary>
    Erased = 4,

    /// <summary>The person wants no tracking: nothing was stored, and nobody need try again (202, not counted).</summary>
    Discarded = 5,
}

public static class TrackOutcomes
{
    /// <summary>For whoever does more than track: the event is durable, or is not to be.</summary>
    public static TrackOutcome OrDiscarded(this TrackOutcome outcome) => outcome == TrackOutcome.Discarded ? TrackOutcome.Stored : outcome;

    /// <summary>What to answer a request of several identities. In doubt the sender must resend at once rather than think that
    /// a lane is full; who is told of an erasure knows that everything else is durable.</summary>
    public static TrackOutcome Worst(this ReadOnlySpan<TrackOutcome> outcomes) =>
        outcomes.Contains(TrackOutcome.Unavailable) ? TrackOutcome.Unavailable
        : outcomes.Contains(TrackOutcome.LaneFull) ? TrackOutcome.LaneFull
        : outcomes.Contains(TrackOutcome.Stranger) ? TrackOutcome.Stranger
        : outcomes.Contains(TrackOutcome.Erased) ? TrackOutcome.Erased
        : TrackOutcome.Stored;
}
