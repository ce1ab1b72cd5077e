namespace SpidOrleans.TestKit.StandIn;

/// <summary>Everything that was stored, in the order of storing.</summary>
public sealed class ArrivalLog
{
    private readonly Lock _gate = new();
    private readonly List<Arrival> _arrivals = [];
    private readonly HashSet<string> _markers = [];
    private TaskCompletionSource _changed = NewSignal();

    public int Count
    {
        get
        {
            lock (_gate) return _arrivals.Count;
        }
    }

    public IReadOnlyList<Arrival> Snapshot()
    {
        lock (_gate) return [.. _arrivals];
    }

    /// <summary>For a run of many parts: what has arrived belongs to a part that was checked.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _arrivals.Clear();
            _markers.Clear();
        }
    }

    /// <summary>Stores one request's events side by side, as Mixpanel does with a batch.</summary>
    internal void Store(IEnumerable<Arrival> arrivals)
    {
        lock (_gate)
        {
            foreach (var arrival in arrivals)
            {
                _arrivals.Add(arrival with { Sequence = _arrivals.Count + 1 });
                _markers.Add(arrival.Marker);
            }

            _changed.SetResult();
            _changed = NewSignal();
        }
    }

    public Task WaitForCountAsync(int count, TimeSpan timeout) =>
        WaitAsync(() => _arrivals.Count >= count, () => $"{_arrivals.Count} of {count} events arrived", timeout);

    public Task WaitForMarkersAsync(IReadOnlyCollection<string> markers, TimeSpan timeout)
    {
        var missing = new HashSet<string>(markers);
        return WaitAsync(
            () =>
            {
                missing.ExceptWith(_markers);
                return missing.Count == 0;
            },
            () => $"{missing.Count} of {markers.Count} events did not arrive, such as {string.Join(", ", missing.Take(5))}",
            timeout);
    }

    private async Task WaitAsync(Func<bool> isTrue, Func<string> complaint, TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout);
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (isTrue()) return;
                if (limit.IsCancellationRequested) throw new TimeoutException($"After {timeout.TotalSeconds:0} s {complaint()}.");
                changed = _changed.Task;
            }

            await changed.WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
