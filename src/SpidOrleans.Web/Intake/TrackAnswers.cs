using SpidOrleans.Contracts.Events;
using SpidOrleans.Web.Admission;

namespace SpidOrleans.Web.Intake;

internal static class TrackAnswers
{
    /// <summary>The refusal that an outcome stands for; null when everything is durable.</summary>
    public static Problem? ToRefusal(this TrackOutcome outcome) => outcome switch
    {
        TrackOutcome.Stored => null,
        TrackOutcome.LaneFull => Problem.TooManyRequests("Too many events of this visitor or user wait for Mixpanel (Limits:PendingPerLane)."),
        TrackOutcome.Stranger => Problem.Unauthorized("The cookie is an old copy, and somebody else's by now: ask /rpc/hasSession.js for one."),
        _ => Problem.Unavailable(),
    };
}
