using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Erasure;
using SpidOrleans.Contracts.Events;

namespace SpidOrleans.Cluster.Visitors;

internal sealed partial class VisitorGrain
{
    public async Task<ErasureResult> EraseAsync()
    {
        if (await FinishMergeAsync() is var merge and not TrackOutcome.Stored && merge != TrackOutcome.Erased) return new ErasureResult { Outcome = merge };
        if (State.IsErased) return new ErasureResult { Outcome = TrackOutcome.Stored };
        CloseLane();
        try
        {
            // A linked visitor's events are among its user's, who alone may touch that lane.
            var result = State.LinkedUser is { } user ? await User(user).EraseVisitorAsync(Id) : await EraseOwnAsync();
            await ForgetAsync();
            return result;
        }
        catch (OutboxUnavailableException)
        {
            return new ErasureResult { Outcome = TrackOutcome.Unavailable };
        }
    }

    public Task ForgetAsync()
    {
        CloseLane();
        // What is in memory was another's version: a write of it fails, but it must not be told either.
        return state.ReadStateAsync();
    }

    /// <summary>The user to whom this visitor was on its way is erased: so is the visitor.</summary>
    private async Task<TrackOutcome> FollowErasureAsync()
    {
        try
        {
            await EraseOwnAsync();
            await ForgetAsync();
            return TrackOutcome.Erased;
        }
        catch (OutboxUnavailableException)
        {
            return TrackOutcome.Unavailable;
        }
    }

    private async Task<ErasureResult> EraseOwnAsync()
    {
        var erased = await services.Outbox.EraseAsync(services.Erasures.Of(Id, owner: null));
        return new ErasureResult { Outcome = TrackOutcome.Stored, Visitors = 1, Events = erased.Events, DeadLetters = erased.Letters };
    }
}
