using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Intake;
using SpidOrleans.Web.Admission;

namespace SpidOrleans.Web.Intake;

internal static class TrackAnswers
{
    /// <inheritdoc cref="ToRefusal(TrackOutcome)"/>
    public static Problem? ToRefusal(this IntakeResult result) => result.Outcome.ToRefusal();

    /// <summary>The refusal that an outcome stands for; null when everything is durable.</summary>
    public static Problem? ToRefusal(this TrackOutcome outcome) => outcome switch
    {
        TrackOutcome.Stored or TrackOutcome.Discarded => null,
        TrackOutcome.LaneFull => Problem.TooManyRequests("Too many events of this visitor or user wait for Mixpanel (Limits:PendingPerLane)."),
        TrackOutcome.Stranger => Problem.Unauthorized("The cookie is an old copy, and somebody else's by now: ask /rpc/hasSession.js for one."),
        TrackOutcome.Erased => Problem.Forbidden("A visitor or user that this names was erased: nothing more is taken of it. Whatever else the request holds is stored."),
        _ => Problem.Unavailable(),
    };
}
