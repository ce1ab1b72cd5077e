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
        await LearnAsync(visitor, login);
        var identification = IdentificationOf(login.Source.Project, visitor);
        var last = StampAll(login.Source, [login.Event], visitor, identification);
        int merged;
        try
        {
            merged = await outbox.MoveAsync(
                visitor.VisitorId.Key, _id.Key, settings.ShardsOf, login.Source.Project, last);
        }
        catch (OutboxUnavailableException)
        {
            return new AdoptResult { Outcome = TrackOutcome.Unavailable };
        }

        _gauges.Of(login.Source.Project, settings, clock);
        _gauges.Forget();
        if (await TellSignInAsync(visitor, login, last[^1].TimeMs, isRestored: false) is var told and not TrackOutcome.Stored)
            return new AdoptResult { Outcome = told };

        await WriteAsync(state.State.Having(visitor.VisitorId).Identified(identification));
        Report(identification, login.Source.Project);
        return new AdoptResult { Outcome = TrackOutcome.Stored, Merged = merged };
    }

    public async Task<TrackOutcome> SignInAsync(LinkedVisitor visitor, LoginRequest login, bool isRestored)
    {
        await LearnAsync(visitor, login);
        return await TrackAsync(login.Source, [login.Event], visitor) is var tracked and not TrackOutcome.Stored
            ? tracked
            : await TellSignInAsync(visitor, login, login.Event.TimeMs ?? NowMs, isRestored);
    }

    /// <summary>Before anything else: the login event already carries it.</summary>
    private Task LearnAsync(LinkedVisitor visitor, LoginRequest login) => WriteAsync(state.State with
    {
        Profile = login.Profile is { } profile ? state.State.Profile.With(profile) : state.State.Profile,
        Traits = visitor.Traits is { } traits ? (state.State.Traits ?? new()).Joined(traits) : state.State.Traits,
    });

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
