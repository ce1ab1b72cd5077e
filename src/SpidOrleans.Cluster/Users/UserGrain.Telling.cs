using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Cluster.Users;

internal sealed partial class UserGrain
{
    public async Task<UserStory> TellAsync() => new()
    {
        Id = _id,
        IsStored = state.RecordExists,
        // Beside other calls: what they believe is theirs to change.
        IsErased = _isErased || (!state.RecordExists && await outbox.IsErasedAsync(_id, CancellationToken.None)),
        Profile = state.State.Profile,
        Visitors = state.State.Visitors,
        Traits = state.State.Traits,
        IsTrackingRefused = IsTrackingRefused,
        Agreements = state.State.Agreements,
    };
}
