namespace SpidOrleans.Facade;

/// <summary>How many silos this host is connected to now, and the moment when the last connection was lost.</summary>
internal sealed class GatewayCount : IDisposable
{
    private readonly Lock _gate = new();
    private int _count;
    private CancellationTokenSource _lost = new();

    public bool IsAny => Volatile.Read(ref _count) > 0;

    /// <summary>Cancelled when the connections that exist now are gone, and with them the answers that are under way.</summary>
    public CancellationToken Lost
    {
        get
        {
            lock (_gate) return _lost.Token;
        }
    }

    /// <summary>Called by Orleans.</summary>
    public void OnChanged(object? sender, GatewayCountChangedEventArgs change)
    {
        CancellationTokenSource? lost = null;
        lock (_gate)
        {
            _count = change.NumberOfConnectedGateways;
            if (_count == 0) (lost, _lost) = (_lost, new CancellationTokenSource());
        }

        // Outside the lock: this runs whatever waits for the answers.
        lost?.Cancel();
        lost?.Dispose();
    }

    public void Dispose() => _lost.Dispose();
}
