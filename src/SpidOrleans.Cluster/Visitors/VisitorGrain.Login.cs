using SpidOrleans.Cluster.Merging;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Stamping;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Operations;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Visitors;

internal sealed partial class VisitorGrain
{
    /// <summary>
    /// A login's way, each step safe to repeat:
    /// 1. A link that a crash interrupted is finished first; if this is the same login, that was it.
    /// 2. Decide: link, already linked, resend, forward to the successor, or conflict.
    /// 3. Link: write «merging into the user» with the login event. From here the decision stands.
    /// 4. The user adopts: pending events and login event in one transaction.
    /// 5. Write «linked», with the session.
    /// </summary>
    public async Task<LoginResult> LoginAsync(LoginRequest request)
    {
        if (State.IsErased) return Refused(TrackOutcome.Erased);
        // 1
        var key = AnsweredLogin.KeyOf(request);
        if (State.PendingLogin is { } pending)
        {
            if (await FinishMergeAsync() is var merge and not TrackOutcome.Stored) return Refused(merge);
            if (pending.UserId == request.UserId && (key is null || key == AnsweredLogin.KeyOf(pending))) return Done(State.Logins[0]);
        }

        if (await FinishReleaseAsync() is var release and not TrackOutcome.Stored) return Refused(release);

        // 2
        switch (LinkDecision.Decide(State, request.UserId, key))
        {
            case LinkDecision.Resend(var answer):
                return Done(answer);
            case LinkDecision.Forward(var successor):
                return await ForwardAsync(successor, request, key);
            case LinkDecision.Conflict:
                var fresh = VisitorId.New();
                await WriteAsync(State with
                {
                    Successor = fresh,
                    RetiredAtMs = AfterEverything(),
                    SessionExpiresAt = null,
                    Binding = End(handedTo: request.BrowserKey),
                });
                return await ForwardAsync(fresh, request, key);
            case LinkDecision.AlreadyLinked:
                return await LoginAgainAsync(request, key);
            default:
                return await LinkAsync(request);
        }
    }

    private async Task<LoginResult> LinkAsync(LoginRequest request)
    {
        long? latestPending;
        try
        {
            latestPending = await services.Outbox.ReadLatestTimeAsync(Id.Key, CancellationToken.None);
        }
        catch (OutboxUnavailableException)
        {
            return Refused(TrackOutcome.Unavailable);
        }

        // 3. The insert id is fixed here: whoever finishes the merge sends the same login event.
        var insertId = request.Event.InsertId ?? InsertIds.Mint();
        await WriteAsync(State with
        {
            LinkedUser = request.UserId,
            LinkedAtMs = LinkDecision.LinkTime(NowMs, State, latestPending, CloseLane()),
            PendingLogin = request with { Event = request.Event with { InsertId = insertId } },
            Tracking = request.Tracking ?? State.Tracking,
            Cause = new LinkCause(request.Event.Name, request.Source.ClientName, NowMs, FromBrowser: request.BrowserKey is not null),
        });
        return await FinishMergeAsync() is var outcome and not TrackOutcome.Stored ? Refused(outcome) : Done(State.Logins[0]);
    }

    /// <summary>Steps 4 and 5, after step 3 or after whatever interrupted them.</summary>
    private async Task<TrackOutcome> FinishMergeAsync()
    {
        if (State.PendingLogin is not { } login) return TrackOutcome.Stored;

        // 4
        var adopted = await User(login.UserId).AdoptAsync(Linked(carriesLogin: true) with { HeldUpdates = State.HeldUpdates }, login);
        if (adopted.Outcome == TrackOutcome.Erased) return await FollowErasureAsync();
        if (adopted.Outcome != TrackOutcome.Stored) return adopted.Outcome;

        // 5
        await WriteAsync(State with
        {
            PendingLogin = null,
            HeldUpdates = [],
            SessionExpiresAt = NewSessionEnd(),
            Binding = Begin(login),
            Logins = AnsweredLogin.Remember(State.Logins, AnsweredLogin.KeyOf(login), Id, adopted.Merged),
        });
        return TrackOutcome.Stored;
    }

    private async Task<LoginResult> LoginAgainAsync(LoginRequest request, string? key)
    {
        var tracking = request.Tracking ?? State.Tracking;
        var outcome = await User(request.UserId).SignInAsync(Linked(carriesLogin: true) with { Tracking = tracking }, request);
        if (outcome != TrackOutcome.Stored) return Refused(outcome);

        await WriteAsync(State with
        {
            SessionExpiresAt = NewSessionEnd(),
            Binding = Begin(request),
            Tracking = tracking,
            Logins = AnsweredLogin.Remember(State.Logins, key, Id, merged: 0),
        });
        return new LoginResult { Outcome = outcome, VisitorId = Id };
    }

    private async Task<LoginResult> ForwardAsync(VisitorId successor, LoginRequest request, string? key)
    {
        var result = await Visitor(successor).LoginAsync(request);
        if (result.Outcome != TrackOutcome.Stored || key is null) return result;

        try
        {
            // The successor itself stays: a kill before this write must leave the way through every visitor that knows an answer.
            await WriteAsync(State with
            {
                Logins = AnsweredLogin.Remember(State.Logins, key, result.VisitorId, result.Merged),
            });
        }
        catch (Exception)
        {
            // Logged. The login itself is done and must not be answered as if it were not.
        }

        return result;
    }

    private static LoginResult Done(AnsweredLogin answer) =>
        new() { Outcome = TrackOutcome.Stored, VisitorId = answer.VisitorId, Merged = answer.Merged };

    private LoginResult Refused(TrackOutcome outcome) => new() { Outcome = outcome, VisitorId = Id };

    private DateTimeOffset NewSessionEnd() => services.Clock.GetUtcNow() + services.Settings.SessionLifetime;

    private long AfterEverything() => LinkDecision.LinkTime(NowMs, State, null, Math.Max(CloseLane(), State.LinkedAtMs));

    /// <summary>Nothing passes the lane after this but through this grain.</summary>
    /// <returns>The latest event time that did.</returns>
    private long CloseLane()
    {
        _lane.Close();
        return _lane.LatestEventMs;
    }
}
