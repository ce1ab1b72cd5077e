using SpidOrleans.Cluster.Erasure;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Events;

namespace SpidOrleans.Cluster.Users;

internal sealed partial class UserGrain
{
    private bool IsTrackingRefused => state.State.IsTrackingRefused;

    /// <summary>Nobody has decided, and until somebody has the user's events are held.</summary>
    private bool IsHolding => settings.HoldsUndecided && state.State is { IsTrackingRefused: false, IsTrackingGranted: false };

    private StateVersion Version => StateVersion.Of(SpidCluster.UserState, _id.Key, state.Etag);

    /// <summary>What to do with what a visitor has held, and with its login: a consent that was asked for releases, a default does not.</summary>
    private HeldWith HeldAtLogin => IsHolding ? HeldWith.Held : state.State.IsTrackingGranted ? HeldWith.Released : HeldWith.None;

    /// <summary>The decision is stored first, and then what waits goes, or what is held comes; this grain alone appends to it.</summary>
    public async Task<TrackOutcome> SetConsentAsync(bool tracking)
    {
        try
        {
            if (await IsErasedAsync()) return TrackOutcome.Erased;
            await WriteAsync(tracking ? Granting(state.State) : Refusing(state.State));
            if (tracking) return await FinishReleaseAsync();
            await DiscardPendingAsync();
            return TrackOutcome.Stored;
        }
        catch (OutboxUnavailableException)
        {
            return TrackOutcome.Unavailable;
        }
    }

    private static UserState Granting(UserState user) => user.IsTrackingGranted
        ? user
        : user with { IsTrackingRefused = false, IsTrackingGranted = true, IsReleasing = true };

    /// <summary>An <c>$identify</c> may be among what is discarded: each visitor is joined anew if the person ever consents.</summary>
    private static UserState Refusing(UserState user) => user.IsTrackingRefused
        ? user
        : user with { IsTrackingRefused = true, IsTrackingGranted = false, IsReleasing = false, Clusters = [] };

    private async Task DiscardPendingAsync()
    {
        // Of its visitors, too: their letters stayed when their lanes moved.
        var visitors = await outbox.ReadVisitorsAsync(_id, CancellationToken.None);
        await outbox.EraseAsync(Erasures.OfPending(visitors.Select(VisitorOf), _id));
        _gauges.Forget();
        _profileGauges.Forget();
    }

    /// <summary>What a crash may have interrupted; whatever comes later comes after it.</summary>
    private async ValueTask<TrackOutcome> FinishReleaseAsync()
    {
        if (!state.State.IsReleasing) return TrackOutcome.Stored;
        try
        {
            while (await outbox.ReleaseAsync([_id.Key, _id.ProfileKey], settings.ShardsOf) > 0) { }
        }
        catch (OutboxUnavailableException)
        {
            return TrackOutcome.Unavailable;
        }

        await WriteAsync(state.State with { IsReleasing = false });
        return TrackOutcome.Stored;
    }

    private Task<bool> PutAsync(Lane lane, IReadOnlyList<OutboxEvent> events) =>
        IsHolding ? outbox.HoldAsync(lane, events, Version) : outbox.AppendAsync(lane, events);

    /// <summary>After <see cref="PutAsync"/> has said no: the user is erased, or another activation knows more.</summary>
    private async Task<TrackOutcome> RefusedAsync()
    {
        if (IsHolding && !await outbox.IsErasedAsync(_id, CancellationToken.None))
        {
            DeactivateOnIdle();
            return TrackOutcome.Unavailable;
        }

        await ForgetAsync();
        return TrackOutcome.Erased;
    }
}
