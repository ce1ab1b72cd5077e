using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Visitors;

internal sealed partial class VisitorGrain
{
    /// <summary>The id is retired first and the <c>Logout</c> event follows: its insert id and time are part of the stored
    /// decision, so a repeat after a crash sends the same event.</summary>
    public async Task<LogoutResult> LogoutAsync(LogoutRequest request)
    {
        if (await FinishMergeAsync() is var merge and not TrackOutcome.Stored) return Refuse(merge);

        if (State.Successor is { } successor)
        {
            // Sent again, or by somebody who still holds the old id and means the browser.
            if (await SendLogoutAsync() is var resent and not TrackOutcome.Stored) return Refuse(resent);
            return await Visitor(successor).LogoutAsync(request with { IsForwarded = true });
        }

        // The successor is as fresh as the logout that was sent again left it.
        if (request.IsForwarded && State.LinkedUser is null) return new LogoutResult { Outcome = TrackOutcome.Stored, VisitorId = _id };

        var fresh = VisitorId.New();
        await WriteAsync(State with
        {
            Successor = fresh,
            RetiredAtMs = AfterEverything(),
            SessionExpiresAt = null,
            LogoutSource = request.Source,
            LogoutEvent = State.LinkedUser is null ? null : new TrackedEvent
            {
                // One on, to sort after what happened in this very millisecond.
                Name = "Logout",
                TimeMs = NowMs + 1,
                InsertId = fresh.ToString(),
                Ip = request.Ip,
                UserAgent = request.UserAgent,
            },
        });
        return await SendLogoutAsync() is var outcome and not TrackOutcome.Stored
            ? Refuse(outcome)
            : new LogoutResult { Outcome = TrackOutcome.Stored, VisitorId = fresh };

        LogoutResult Refuse(TrackOutcome outcome) => new() { Outcome = outcome, VisitorId = _id };
    }

    private async Task<TrackOutcome> SendLogoutAsync() =>
        State is { LogoutEvent: { } logout, LogoutSource: { } source, LinkedUser: { } user }
            ? await User(user).TrackAsync(source, [logout], Linked(carriesLogin: true))
            : TrackOutcome.Stored;
}
