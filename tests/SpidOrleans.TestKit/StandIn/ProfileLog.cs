namespace SpidOrleans.TestKit.StandIn;

/// <summary>Every change of a profile that was carried out, in that order.</summary>
public sealed class ProfileLog
{
    private readonly Lock _gate = new();
    private readonly List<ProfileArrival> _changes = [];
    private TaskCompletionSource _changed = NewSignal();

    public IReadOnlyList<ProfileArrival> Snapshot()
    {
        lock (_gate) return [.. _changes];
    }

    internal void Store(IEnumerable<ProfileArrival> changes)
    {
        lock (_gate)
        {
            _changes.AddRange(changes);
            _changed.SetResult();
            _changed = NewSignal();
        }
    }

    /// <summary>All changes, once <paramref name="isComplete"/> says so.</summary>
    public async Task<IReadOnlyList<ProfileArrival>> WaitAsync(Func<IReadOnlyList<ProfileArrival>, bool> isComplete, TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout);
        while (true)
        {
            Task changed;
            List<ProfileArrival> changes;
            lock (_gate) (changes, changed) = ([.. _changes], _changed.Task);
            if (isComplete(changes)) return changes;
            if (limit.IsCancellationRequested)
                throw new TimeoutException($"After {timeout.TotalSeconds:0} s {changes.Count} changes of profiles had arrived, the last {changes.LastOrDefault()}.");
            await changed.WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
