using System.Collections.Immutable;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Visitors;

internal sealed partial class VisitorGrain
{
    public async Task<TrackOutcome> ChangeProfileAsync(EventSource source, ImmutableArray<ProfileUpdate> updates, bool fromBrowser, KeyDigest? browserKey)
    {
        if (await FinishMergeAsync() is var merge and not TrackOutcome.Stored) return merge;
        if (State.IsErased) return TrackOutcome.Erased;
        // As with events: an old copy of a cookie speaks for nobody who came after it.
        if (browserKey is not null && State.LinkedUser is not null && !Binding.Recognises(browserKey)) return TrackOutcome.Stranger;
        if (fromBrowser && State.Successor is { } successor && (browserKey is null || IsAwaited(browserKey)))
            return await Visitor(successor).ChangeProfileAsync(source, updates, fromBrowser, browserKey: null);
        if (State.IsTrackingRefused) return TrackOutcome.Discarded;
        if (State.LinkedUser is { } user) return await User(user).ChangeProfileAsync(source, updates);
        if (HeldUpdates.With(State.HeldUpdates, source.Project, updates) is not { } held) return TrackOutcome.LaneFull;
        await WriteAsync(State with { HeldUpdates = held });
        return TrackOutcome.Stored;
    }
}
