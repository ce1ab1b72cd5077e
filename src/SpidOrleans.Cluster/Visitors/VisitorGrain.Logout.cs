using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Visitors;

internal sealed partial class VisitorGrain
{
    /// <summary>The id is retired first and the <c>Logout</c> event follows: its insert id and time are part of the stored
    /// decision, so a repeat after a crash sends the same event.</summary>
    public async Task<LogoutResult> LogoutAsync(LogoutRequest request)
    {
        if (await FinishMergeAsync() is var merge and not TrackOutcome.Stored && merge != TrackOutcome.Erased) return Refuse(merge);
        // There is nothing to end, and the browser is to be somebody.
        if (State.IsErased) return new LogoutResult { Outcome = TrackOutcome.Stored, VisitorId = VisitorId.New() };

        // Whoever holds an old copy of the cookie must not end the session of the browser that has moved on.
        if (request.FromBrowser && !Binding.IsBrowser(request.BrowserKey, request.NextKey))
            return new LogoutResult { Outcome = TrackOutcome.Stored, VisitorId = await GetCurrentAsync(), IsStranger = true };

        if (State.Successor is { } successor)
        {
            if (request.FromBrowser) await WriteAsync(State with { Binding = End(handedTo: request.NextKey) });
            // Sent again, or by somebody who still holds the old id and means the browser.
            if (await SendLogoutAsync() is var resent and not TrackOutcome.Stored) return await RefuseAsync(resent);
            return await Visitor(successor).LogoutAsync(request with { IsForwarded = true, FromBrowser = false });
        }

        // The successor is as fresh as the logout that was sent again left it.
        if (request.IsForwarded && State.LinkedUser is null) return new LogoutResult { Outcome = TrackOutcome.Stored, VisitorId = Id };

        var fresh = VisitorId.New();
        await WriteAsync(State with
        {
            Successor = fresh,
            RetiredAtMs = AfterEverything(),
            SessionExpiresAt = null,
            Binding = End(handedTo: request.FromBrowser ? request.NextKey : null),
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
            ? await RefuseAsync(outcome)
            : new LogoutResult { Outcome = TrackOutcome.Stored, VisitorId = fresh };

        // The browser keeps its cookie and asks again with it.
        async Task<LogoutResult> RefuseAsync(TrackOutcome outcome)
        {
            if (request.FromBrowser) await WriteAsync(State with { Binding = End(handedTo: null) });
            return Refuse(outcome);
        }

        LogoutResult Refuse(TrackOutcome outcome) => new() { Outcome = outcome, VisitorId = Id };
    }

    private async Task<TrackOutcome> SendLogoutAsync() =>
        State is { LogoutEvent: { } logout, LogoutSource: { } source, LinkedUser: { } user }
            ? (await User(user).TrackAsync(source, [logout], Linked(carriesLogin: true))).OrDiscarded()
            : TrackOutcome.Stored;
}
