using SpidOrleans.Cluster.Erasure;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Visitors;

internal sealed partial class VisitorGrain
{
    /// <summary>By which state the visitor's events are held; null: they are not, since somebody has decided or nobody need.</summary>
    private StateVersion? HeldBy => services.Settings.HoldsUndecided && !State.IsTrackingGranted
        ? StateVersion.Of(SpidCluster.VisitorState, Id.Key, state.Etag)
        : null;

    /// <summary>The decision is stored first, and then what waits goes, or what is held comes: nothing can be appended between the two that
    /// stays, or that overtakes.</summary>
    public async Task<TrackOutcome> SetConsentAsync(bool tracking)
    {
        if (await FinishMergeAsync() is var merge and not TrackOutcome.Stored) return merge;
        if (State.IsErased) return TrackOutcome.Erased;
        if (State.Successor is { } successor && await Visitor(successor).SetConsentAsync(tracking) is var followed and not TrackOutcome.Stored) return followed;
        if (tracking ? !State.IsTrackingGranted : !State.IsTrackingRefused)
        {
            await WriteAsync(State with
            {
                IsTrackingRefused = !tracking,
                IsTrackingGranted = tracking,
                // What a linked visitor has held is its user's.
                IsReleasing = tracking && State.LinkedUser is null,
                HeldUpdates = tracking ? State.HeldUpdates : [],
            });
        }

        if (State.LinkedUser is { } user) return await User(user).SetConsentAsync(tracking);
        return tracking ? await FinishReleaseAsync() : await DiscardPendingAsync();
    }

    public async Task<TrackOutcome> SetBrowsersConsentAsync(bool tracking, KeyDigest browserKey)
    {
        if (await FinishMergeAsync() is var merge and not TrackOutcome.Stored) return merge;
        if (State.IsErased) return TrackOutcome.Erased;
        var isItsBrowser = State.Successor is not null ? IsAwaited(browserKey) : State.LinkedUser is null || Binding.Recognises(browserKey);
        return isItsBrowser ? await SetConsentAsync(tracking) : TrackOutcome.Stranger;
    }

    private async Task<TrackOutcome> DiscardPendingAsync()
    {
        try
        {
            await services.Outbox.EraseAsync(Erasures.OfPending([Id]));
            return TrackOutcome.Stored;
        }
        catch (OutboxUnavailableException)
        {
            return TrackOutcome.Unavailable;
        }
    }

    /// <summary>What a crash may have interrupted; whatever comes later comes after it.</summary>
    private async ValueTask<TrackOutcome> FinishReleaseAsync()
    {
        if (!State.IsReleasing) return TrackOutcome.Stored;
        try
        {
            while (await services.Outbox.ReleaseAsync([Id.Key], services.Settings.ShardsOf) > 0) { }
        }
        catch (OutboxUnavailableException)
        {
            return TrackOutcome.Unavailable;
        }

        await WriteAsync(State with { IsReleasing = false });
        return TrackOutcome.Stored;
    }
}
