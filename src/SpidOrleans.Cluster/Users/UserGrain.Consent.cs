using SpidOrleans.Cluster.Erasure;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Events;

namespace SpidOrleans.Cluster.Users;

internal sealed partial class UserGrain
{
    private bool IsTrackingRefused => state.State.IsTrackingRefused;

    /// <summary>The refusal is stored first and what waits goes then, which this grain alone appends to.</summary>
    public async Task<TrackOutcome> SetConsentAsync(bool tracking)
    {
        try
        {
            if (await IsErasedAsync()) return TrackOutcome.Erased;
            await WriteAsync(state.State with { IsTrackingRefused = !tracking });
            if (!tracking) await DiscardPendingAsync();
            return TrackOutcome.Stored;
        }
        catch (OutboxUnavailableException)
        {
            return TrackOutcome.Unavailable;
        }
    }

    private async Task DiscardPendingAsync()
    {
        // Of its visitors, too: their letters stayed when their lanes moved.
        var visitors = await outbox.ReadVisitorsAsync(_id, CancellationToken.None);
        await outbox.EraseAsync(Erasures.OfPending(visitors.Select(VisitorOf), _id));
        _gauges.Forget();
        _profileGauges.Forget();
    }
}
