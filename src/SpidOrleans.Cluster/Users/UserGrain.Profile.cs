using System.Collections.Immutable;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Stamping;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Cluster.Users;

/// <summary>Mixpanel is told first and the state is written then: so where a client's traits are what they should be already, its project
/// has been told, and a repeat costs nothing.</summary>
internal sealed partial class UserGrain
{
    public async Task<TrackOutcome> SetProfileAsync(EventSource source, UserProfile profile)
    {
        if (await IsErasedAsync()) return TrackOutcome.Erased;
        var next = state.State.Profile.With(profile);
        // Also what is known already: another project may not have been told.
        if (profile is not { Locale: null, Birthday: null }
            && await TellAsync(source.Project, [ProfileWriter.Set(_id, traits: null, next)]) is var told and not TrackOutcome.Stored) return told;
        await WriteAsync(state.State with { Profile = next });
        return TrackOutcome.Stored;
    }

    public Task<TraitsResult> SetTraitsAsync(EventSource source, ImmutableArray<Trait> traits, bool isTrusted)
    {
        var before = KnownOf(source);
        var after = before.With(isTrusted ? traits.Select(trait => trait with { SetAtMs = before.NextMs(trait.Name, NowMs) }) : traits);
        return ChangeAsync(source, before, after, () => ProfileWriter.Set(_id, Known.Shared(after), isPresent: !isTrusted));
    }

    public Task<TraitsResult> RemoveTraitAsync(EventSource source, string name)
    {
        var before = KnownOf(source);
        var after = before.Set.Any(trait => trait.Name == name)
            ? before.With([new Trait { Name = name, SetAtMs = before.NextMs(name, NowMs) }])
            : before;
        return ChangeAsync(source, before, after, () => ProfileWriter.Names.Contains(name) ? null
            // What another client of the project says of the person stands: the profile is theirs together.
            : Known.OfOthers(after, name) is { } other ? ProfileWriter.Set(_id, after with { All = [other] })
            : ProfileWriter.Unset(_id, name));
    }

    public Task<TrackOutcome> ChangeProfileAsync(EventSource source, ImmutableArray<ProfileUpdate> updates) =>
        TellAsync(source.Project, [.. updates.Select(update => ProfileWriter.Write(_id, update))]);

    public Task<ClientTraits?> GetTraitsAsync(string clientId) => Task.FromResult(TraitsOf(clientId));

    private async Task<TraitsResult> ChangeAsync(EventSource source, ClientTraits before, ClientTraits after, Func<byte[]?> change)
    {
        if (await IsErasedAsync()) return new TraitsResult { Outcome = TrackOutcome.Erased };
        if (ReferenceEquals(before, after)) return new TraitsResult { Outcome = TrackOutcome.Stored, Traits = before };
        if (!after.IsWithinLimits) return new TraitsResult { Outcome = TrackOutcome.Stored, IsTooMuch = true, Traits = before };
        if (change() is { } told && await TellAsync(source.Project, [told]) is var outcome and not TrackOutcome.Stored)
            return new TraitsResult { Outcome = outcome };
        await WriteAsync(state.State with { Traits = Known.With(after) });
        return new TraitsResult { Outcome = TrackOutcome.Stored, Traits = after };
    }

    private TraitMap Known => state.State.Traits ?? TraitMap.Empty;

    private ClientTraits? TraitsOf(string? clientId) => state.State.Traits?.Of(clientId);

    /// <summary>What the profile in this project is to say of what the client says; null: nothing.</summary>
    private ClientTraits? SharedOf(string? clientId, string project) =>
        TraitsOf(clientId) is { } own ? Known.Shared(own with { Project = project }) : null;

    private ClientTraits KnownOf(EventSource source) =>
        (TraitsOf(source.ClientId) ?? new ClientTraits { ClientId = source.ClientId!, Project = source.Project }) with { Project = source.Project };

    /// <summary>Appends changes of the user's profile; returns once they are durable. They follow whatever was appended to the
    /// user's lane before.</summary>
    /// <param name="isRefusable">False: also when too many wait already.</param>
    private async Task<TrackOutcome> TellAsync(string project, IReadOnlyList<byte[]> changes, bool isRefusable = true)
    {
        if (IsTrackingRefused) return TrackOutcome.Stored;
        if (await FinishReleaseAsync() is var release and not TrackOutcome.Stored) return release;
        var lane = LaneOf(project) with { Identity = _id.ProfileKey };
        var gauge = _profileGauges.Of(project, settings, clock);
        try
        {
            if (isRefusable && !await gauge.HasRoomAsync(changes.Count, outbox, lane, CancellationToken.None)) return TrackOutcome.LaneFull;
            if (!await PutAsync(lane, [.. changes.Select(change => new OutboxEvent(NowMs, change))])) return await RefusedAsync();
            gauge.Appended(changes.Count);
            return TrackOutcome.Stored;
        }
        catch (OutboxUnavailableException)
        {
            gauge.Forget();
            return TrackOutcome.Unavailable;
        }
    }
}
