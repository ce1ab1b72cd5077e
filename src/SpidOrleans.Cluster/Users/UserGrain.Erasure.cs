using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Erasure;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Users;

internal sealed partial class UserGrain
{
    /// <summary>A visitor of whom another activation knows more: it is looked up again.</summary>
    private const int LookUpsMax = 3;

    private bool _isErased;

    public async Task<ErasureResult> EraseAsync()
    {
        try
        {
            for (var lookUp = 0; lookUp < LookUpsMax; lookUp++)
            {
                var visitors = (await outbox.ReadVisitorsAsync(_id, CancellationToken.None)).Select(VisitorOf).ToList();
                if (await outbox.EraseAsync(erasures.Of(_id, visitors)) is not { IsComplete: true } erased) continue;
                await ForgetAsync();
                // Not awaited: a visitor may be waiting for this very grain.
                foreach (var visitor in visitors) await GrainFactory.GetVisitor(visitor).ForgetAsync();
                return new ErasureResult { Outcome = TrackOutcome.Stored, Visitors = visitors.Count, Events = erased.Events, DeadLetters = erased.Letters };
            }
        }
        catch (OutboxUnavailableException)
        {
            // Perhaps it is done all the same, and what is in memory no longer true.
            DeactivateOnIdle();
        }

        return new ErasureResult { Outcome = TrackOutcome.Unavailable };
    }

    public async Task<ErasureResult> EraseVisitorAsync(VisitorId visitor)
    {
        var erased = await outbox.EraseAsync(erasures.Of(visitor, _id));
        _gauges.Forget();
        await WriteAsync(state.State with { Visitors = state.State.Visitors.Remove(visitor) });
        return new ErasureResult { Outcome = TrackOutcome.Stored, Visitors = 1, Events = erased.Events, DeadLetters = erased.Letters };
    }

    private async Task ForgetAsync()
    {
        _isErased = true;
        await state.ReadStateAsync();
    }

    /// <summary>Asked before anything is stored of a user of whom nothing is: nobody has come yet, or nobody may come any more.</summary>
    private async ValueTask<bool> IsErasedAsync()
    {
        if (_isErased || state.RecordExists) return _isErased;
        return _isErased = await outbox.IsErasedAsync(_id, CancellationToken.None);
    }

    private static VisitorId VisitorOf(string key) => VisitorId.TryParse(key[2..], out var id) ? id : throw new FormatException("a visitor's key is v: and its id");
}
