using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Stamping;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Users;

internal sealed partial class UserGrain
{
    public async Task<AdoptResult> AdoptAsync(LinkedVisitor visitor, LoginRequest login)
    {
        if (await IsErasedAsync()) return new AdoptResult { Outcome = TrackOutcome.Erased };
        await LearnAsync(visitor, login);
        if (await FinishReleaseAsync() is var release and not TrackOutcome.Stored) return new AdoptResult { Outcome = release };
        var identification = IsTrackingRefused ? null : IdentificationOf(login.Source.Project, visitor);
        var stamped = StampAll(login.Source, [login.Event], visitor, identification);
        var follows = stamped.Skip(1).Select(e => new LaneEvent(LaneOf(login.Source.Project), e));
        int merged;
        try
        {
            merged = await outbox.MoveAsync(
                visitor.VisitorId.Key, _id.Key, settings.ShardsOf, login.Source.Project,
                IsTrackingRefused ? null : stamped[0], IsTrackingRefused ? [] : [.. follows, .. Held(visitor)], HeldAtLogin, Version);
            // A browser that was tracked until now, of a person who wants none of it.
            if (IsTrackingRefused) await DiscardPendingAsync();
        }
        catch (OutboxUnavailableException)
        {
            return new AdoptResult { Outcome = TrackOutcome.Unavailable };
        }

        if (merged is MoveOperation.IsErased or MoveOperation.IsStale)
        {
            DeactivateOnIdle();
            return new AdoptResult { Outcome = merged == MoveOperation.IsErased ? TrackOutcome.Erased : TrackOutcome.Unavailable };
        }

        _gauges.Of(login.Source.Project, settings, clock);
        _gauges.Forget();
        _profileGauges.Forget();
        if (await TellSignInAsync(visitor, login, stamped[^1].TimeMs, isRestored: false) is var told and not TrackOutcome.Stored)
            return new AdoptResult { Outcome = told };

        await WriteAsync(state.State.Having(visitor.VisitorId).Identified(identification));
        Report(identification, login.Source.Project);
        return new AdoptResult { Outcome = TrackOutcome.Stored, Merged = merged };
    }

    public async Task<TrackOutcome> SignInAsync(LinkedVisitor visitor, LoginRequest login, bool isRestored)
    {
        if (await IsErasedAsync()) return TrackOutcome.Erased;
        await LearnAsync(visitor, login);
        return (await TrackAsync(login.Source, [login.Event], visitor)).OrDiscarded() is var tracked and not TrackOutcome.Stored
            ? tracked
            : await TellSignInAsync(visitor, login, login.Event.TimeMs ?? NowMs, isRestored);
    }

    /// <summary>What waited with the visitor: part of the move, which happens once, since <c>$add</c> and <c>$append</c> must too.</summary>
    private IEnumerable<LaneEvent> Held(LinkedVisitor visitor) => visitor.HeldUpdates
        .Where(held => settings.Projects.ContainsKey(held.Project))
        .Select(held => new LaneEvent(LaneOf(held.Project) with { Identity = _id.ProfileKey }, new OutboxEvent(NowMs, ProfileWriter.Write(_id, held.Update))));

    /// <summary>Before anything else: the login event already carries it.</summary>
    private Task LearnAsync(LinkedVisitor visitor, LoginRequest login) => WriteAsync(Deciding(visitor) with
    {
        Profile = login.Profile is { } profile ? state.State.Profile.With(profile) : state.State.Profile,
        Traits = visitor.Traits is { } traits ? (state.State.Traits ?? new()).Joined(traits) : state.State.Traits,
    });

    /// <summary>The stricter of the two holds for the person; whoever has not decided leaves it to the other.</summary>
    private UserState Deciding(LinkedVisitor visitor) =>
        visitor.IsTrackingRefused ? Refusing(state.State)
        : visitor.IsTrackingGranted && !IsTrackingRefused ? Granting(state.State)
        : state.State;

    /// <summary>Tells the profile in the project of the login, and in those of other clients that said something of the visitor.</summary>
    private async Task<TrackOutcome> TellSignInAsync(LinkedVisitor visitor, LoginRequest login, long atMs, bool isRestored)
    {
        var source = login.Source;
        var changes = new List<(string Project, byte[] Change)>
        {
            (source.Project, ProfileWriter.Set(_id, SharedOf(source.ClientId, source.Project), state.State.Profile, isPresent: true, atMs, isRestored ? null : atMs)),
        };
        foreach (var client in visitor.Traits?.Clients ?? [])
        {
            if (client.ClientId == source.ClientId || !settings.Projects.ContainsKey(client.Project)) continue;
            changes.Add((client.Project, ProfileWriter.Set(_id, SharedOf(client.ClientId, client.Project))));
        }

        foreach (var project in changes.GroupBy(change => change.Project))
        {
            // Whoever signs in need not care whether Mixpanel is there.
            if (await TellAsync(project.Key, [.. project.Select(change => change.Change)], isRefusable: false) is var told and not TrackOutcome.Stored)
                return told;
        }

        return TrackOutcome.Stored;
    }
}
