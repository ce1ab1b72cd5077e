using SpidOrleans.Contracts.Events;

namespace SpidOrleans.Contracts.Intake;

/// <summary>What became of a request's events.</summary>
/// <param name="Outcome">The worst of the outcomes: only <see cref="TrackOutcome.Stored"/> means that all that were taken are durable.</param>
/// <param name="Discarded">How many were not taken, since their persons want no tracking.</param>
[GenerateSerializer, Immutable, Alias("spid.intake-result")]
public readonly record struct IntakeResult([property: Id(0)] TrackOutcome Outcome, [property: Id(1)] int Discarded = 0)
{
    /// <param name="outcome">Of the events of one identity.</param>
    /// <param name="events">How many they are.</param>
    public static IntakeResult Of(TrackOutcome outcome, int events) =>
        outcome == TrackOutcome.Discarded ? new(TrackOutcome.Stored, events) : new(outcome);

    public static IntakeResult Worst(ReadOnlySpan<IntakeResult> results)
    {
        Span<TrackOutcome> outcomes = results.Length <= 64 ? stackalloc TrackOutcome[results.Length] : new TrackOutcome[results.Length];
        var discarded = 0;
        for (var i = 0; i < results.Length; i++) (outcomes[i], discarded) = (results[i].Outcome, discarded + results[i].Discarded);
        return new(TrackOutcomes.Worst(outcomes), discarded);
    }
}
