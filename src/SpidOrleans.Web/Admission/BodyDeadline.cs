using Microsoft.Extensions.Hosting;

namespace SpidOrleans.Web.Admission;

/// <summary>How long a body may take to arrive. Kestrel's own rule, 240 bytes a second, lets 10 MB drip for twelve hours.</summary>
public sealed class BodyDeadline : IDisposable
{
    /// <summary>One body, from its first read. Ten megabytes take 30 s at 2.8 Mbit/s.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <summary>Once the host stops: a dripping upload must not use up the time that the silo needs to stop in order.</summary>
    public static readonly TimeSpan TimeoutWhileStopping = TimeSpan.FromSeconds(5);

    /// <summary>Bodies that begin within it share a timer, which so costs a busy host nothing.</summary>
    private static readonly TimeSpan Generation = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly CancellationToken _stopping;
    private readonly CancellationTokenRegistration _onStopping;

    // Bounded by Timeout / Generation: what has fired leaves before the next one comes.
    private readonly Queue<CancellationTokenSource> _running = [];
    private CancellationToken _current;
    private long _since;

    public BodyDeadline(IHostApplicationLifetime lifetime, TimeProvider clock)
    {
        _clock = clock;
        _stopping = lifetime.ApplicationStopping;
        _onStopping = _stopping.Register(Shorten);
    }

    /// <summary>Cancelled when a body that begins now has taken too long; at most a second early.</summary>
    public CancellationToken Begin()
    {
        var now = _clock.GetTimestamp();
        lock (_gate)
        {
            if (_running.Count > 0 && _clock.GetElapsedTime(_since, now) < Generation) return _current;
            while (_running.TryPeek(out var oldest) && oldest.IsCancellationRequested) _running.Dequeue().Dispose();
            var source = new CancellationTokenSource(_stopping.IsCancellationRequested ? TimeoutWhileStopping : Timeout, _clock);
            _running.Enqueue(source);
            _since = now;
            return _current = source.Token;
        }
    }

    public void Dispose()
    {
        _onStopping.Dispose();
        lock (_gate)
        {
            foreach (var source in _running) source.Dispose();
            _running.Clear();
        }
    }

    private void Shorten()
    {
        lock (_gate)
        {
            foreach (var source in _running) source.CancelAfter(TimeoutWhileStopping);
        }
    }
}
