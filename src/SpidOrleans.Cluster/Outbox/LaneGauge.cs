using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Cluster.Outbox;

/// <summary>
/// Keeps a lane within <c>Limits:PendingPerLane</c> without counting rows at every event. Its owner alone appends to the
/// lane, so counted rows plus what was appended since is an upper bound; only when that reaches the limit is the lane counted.
/// </summary>
internal sealed class LaneGauge(string project, int limit, TimeProvider clock, LaneGauge? next)
{
    /// <summary>Counting a full lane costs far more than refusing an event, and flooded lanes must not take the reader from
    /// everybody else: so long a count is believed.</summary>
    private static readonly TimeSpan CountAgain = TimeSpan.FromSeconds(1);

    // A new activation does not know what waits. It assumes nine tenths: most visitors never cost a count, and the limit
    // is overshot by a tenth at most.
    private int _atMost = limit - limit / 10;
    private bool _isFull;
    private long _countedAt;

    public string Project => project;

    /// <summary>Of the same identity in another project.</summary>
    public LaneGauge? Next => next;

    /// <summary>True when <paramref name="count"/> more events fit for sure.</summary>
    public bool HasRoom(int count) => _atMost + count <= limit;

    /// <summary>True when <paramref name="count"/> more events fit.</summary>
    public async ValueTask<bool> HasRoomAsync(int count, IOutbox outbox, Lane lane, CancellationToken cancellationToken)
    {
        if (HasRoom(count)) return true;
        if (_isFull && clock.GetElapsedTime(_countedAt) < CountAgain) return false;
        _atMost = (await outbox.ReadLaneAsync(lane, cancellationToken)).Pending;
        _countedAt = clock.GetTimestamp();
        _isFull = _atMost + count > limit;
        return !_isFull;
    }

    public void Appended(int count) => _atMost += count;

    /// <summary>Others have put rows into the lane: count before the next append.</summary>
    public void Forget() => _atMost = limit;
}

/// <summary>The gauges of one identity, one per project: hardly anybody has two.</summary>
internal struct LaneGauges
{
    private LaneGauge? _first;

    public LaneGauge Of(string project, ClusterSettings settings, TimeProvider clock)
    {
        for (var gauge = _first; gauge is not null; gauge = gauge.Next)
        {
            if (gauge.Project == project) return gauge;
        }

        return _first = new LaneGauge(project, settings.PendingPerLane, clock, _first);
    }

    /// <inheritdoc cref="LaneGauge.Forget"/>
    public readonly void Forget()
    {
        for (var gauge = _first; gauge is not null; gauge = gauge.Next) gauge.Forget();
    }
}
