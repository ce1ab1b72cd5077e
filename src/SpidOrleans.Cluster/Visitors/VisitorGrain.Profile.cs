using System.Collections.Immutable;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Cluster.Visitors;

internal sealed partial class VisitorGrain
{
    public async Task<TrackOutcome> ChangeProfileAsync(EventSource source, ImmutableArray<ProfileUpdate> updates, bool fromBrowser)
    {
        if (fromBrowser && State.Successor is { } successor) return await Visitor(successor).ChangeProfileAsync(source, updates, fromBrowser);
        if (await FinishMergeAsync() is var merge and not TrackOutcome.Stored) return merge;
        if (State.LinkedUser is { } user) return await User(user).ChangeProfileAsync(source, updates);
        if (HeldUpdates.With(State.HeldUpdates, source.Project, updates) is not { } held) return TrackOutcome.LaneFull;
        await WriteAsync(State with { HeldUpdates = held });
        return TrackOutcome.Stored;
    }
}
