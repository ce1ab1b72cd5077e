using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Cluster.Visitors;

internal sealed partial class VisitorGrain
{
    public Task<VisitorStory> TellAsync() => Task.FromResult(new VisitorStory
    {
        Id = Id,
        IsStored = state.RecordExists,
        IsErased = State.IsErased,
        User = State.LinkedUser,
        LinkedAtMs = State.LinkedUser is null ? null : State.LinkedAtMs,
        Cause = State.Cause,
        IsMerging = State.PendingLogin is not null,
        SessionUntil = State.SessionExpiresAt > services.Clock.GetUtcNow() ? State.SessionExpiresAt : null,
        IsBound = State.Binding?.Key is not null,
        RememberUntil = State.Binding?.RememberUntil > services.Clock.GetUtcNow() ? State.Binding.RememberUntil : null,
        Successor = State.Successor,
        RetiredAtMs = State.Successor is null ? null : State.RetiredAtMs,
        IsLoggedOut = State.LogoutEvent is not null,
        IsTrackingRefused = State.IsTrackingRefused,
        Traits = State.Traits,
        HeldUpdates = State.HeldUpdates.IsDefault ? 0 : State.HeldUpdates.Length,
        StoredSinceMs = State.StoredSinceMs == 0 ? null : State.StoredSinceMs,
    });
}
