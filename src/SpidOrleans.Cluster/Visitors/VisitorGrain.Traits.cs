using System.Collections.Immutable;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Traits;

namespace SpidOrleans.Cluster.Visitors;

internal sealed partial class VisitorGrain
{
    public async Task<TraitsResult> SetTraitsAsync(EventSource source, ImmutableArray<Trait> traits)
    {
        if (State.IsErased) return new TraitsResult { Outcome = TrackOutcome.Erased };
        if (State.Successor is { } successor) return await Visitor(successor).SetTraitsAsync(source, traits);
        if (await FinishMergeAsync() is var merge and not TrackOutcome.Stored) return new TraitsResult { Outcome = merge };

        var own = State.Traits?.Of(source.ClientId);
        var before = (own ?? new ClientTraits { ClientId = source.ClientId!, Project = source.Project }) with { Project = source.Project };
        var after = before.With(traits);
        if (!after.IsWithinLimits) return new TraitsResult { Outcome = TrackOutcome.Stored, IsTooMuch = true, Traits = own };
        if (!ReferenceEquals(before, after)) await WriteAsync(State with { Traits = (State.Traits ?? new()).With(after) });
        return new TraitsResult { Outcome = TrackOutcome.Stored, Traits = after };
    }

    public async Task<ClientTraits?> GetTraitsAsync(string clientId)
    {
        var own = State.Traits?.Of(clientId);
        if (State.LinkedUser is not { } user) return own;
        var users = await User(user).GetTraitsAsync(clientId);
        return users is not null && own is not null ? users.Joined(own) : users ?? own;
    }
}
