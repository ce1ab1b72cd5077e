using SpidOrleans.Cluster.Erasure;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Events;

namespace SpidOrleans.Cluster.Visitors;

internal sealed partial class VisitorGrain
{
    /// <summary>The refusal is stored first and what waits goes then: nothing can be appended between the two that stays.</summary>
    public async Task<TrackOutcome> SetConsentAsync(bool tracking)
    {
        if (await FinishMergeAsync() is var merge and not TrackOutcome.Stored) return merge;
        if (State.IsErased) return TrackOutcome.Erased;
        if (State.Successor is { } successor && await Visitor(successor).SetConsentAsync(tracking) is var followed and not TrackOutcome.Stored) return followed;
        if (State.IsTrackingRefused == tracking) await WriteAsync(State with { IsTrackingRefused = !tracking, HeldUpdates = tracking ? State.HeldUpdates : [] });
        if (State.LinkedUser is { } user) return await User(user).SetConsentAsync(tracking);
        if (tracking) return TrackOutcome.Stored;
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
}
