namespace SpidOrleans.TestKit.Checking;

/// <summary>What senders sent and what they were promised.</summary>
public sealed class Ledger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LedgerEntry> _entries = [];
    private long _now;
    private int _acknowledged;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<LedgerEntry> Snapshot()
    {
        lock (_gate) return [.. _entries.Values];
    }

    public IReadOnlyList<string> AcknowledgedMarkers()
    {
        lock (_gate) return [.. _entries.Values.Where(entry => entry.AcknowledgedAt is not null).Select(entry => entry.Marker)];
    }

    public int Acknowledged
    {
        get
        {
            lock (_gate) return _acknowledged;
        }
    }

    /// <summary>Books an event before its first sending.</summary>
    /// <exception cref="ArgumentException">The marker was used before.</exception>
    public void Sending(string token, string marker, string sender, string? visitorId = null, string? userId = null, bool isLogin = false)
    {
        lock (_gate)
        {
            _entries.Add(marker, new LedgerEntry
            {
                Token = token,
                Marker = marker,
                VisitorId = visitorId,
                UserId = userId,
                Sender = sender,
                SentAt = ++_now,
                IsLogin = isLogin,
            });
        }
    }

    /// <summary>Books its first acknowledgement; later ones change nothing.</summary>
    /// <param name="visitorId">The visitor that a login was answered with.</param>
    public void Acknowledge(string marker, string? visitorId = null)
    {
        lock (_gate)
        {
            var entry = _entries[marker];
            if (entry.AcknowledgedAt is not null) return;
            _entries[marker] = entry with { AcknowledgedAt = ++_now, VisitorId = visitorId ?? entry.VisitorId };
            _acknowledged++;
            _changed.SetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public async Task WaitForAcknowledgedAsync(int count, TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout);
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_acknowledged >= count) return;
                if (limit.IsCancellationRequested)
                    throw new TimeoutException($"After {timeout.TotalSeconds:0} s {_acknowledged} of {count} events were acknowledged.");
                changed = _changed.Task;
            }

            await changed.WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
