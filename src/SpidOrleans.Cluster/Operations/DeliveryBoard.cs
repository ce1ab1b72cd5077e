using System.Collections.Concurrent;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Cluster.Operations;

/// <summary>How the shards fare that are drained on this silo. Their emitters say; one that has left is forgotten.</summary>
internal sealed class DeliveryBoard(TimeProvider clock)
{
    private readonly ConcurrentDictionary<Shard, Line> _lines = new();

    public void Delivered(Shard shard, int events)
    {
        var line = Of(shard);
        lock (line)
        {
            line.Rate.Add(events, clock.GetTimestamp());
            (line.DeliveredAtMs, line.Failures, line.NextTryAtMs, line.IsHeld) = (NowMs, 0, null, false);
        }
    }

    /// <summary>It may not send before the pause is over.</summary>
    public void Held(Shard shard)
    {
        var line = Of(shard);
        lock (line) line.IsHeld = true;
    }

    /// <param name="reason">No payload, no credentials.</param>
    /// <param name="pause">Until the next try.</param>
    public void Failed(Shard shard, string reason, TimeSpan pause)
    {
        var line = Of(shard);
        lock (line)
        {
            line.Failures++;
            line.IsHeld = false;
            (line.Error, line.ErrorAtMs, line.NextTryAtMs) = (reason, NowMs, NowMs + (long)pause.TotalMilliseconds);
        }
    }

    public void Came(Shard shard) => Of(shard);

    public void Left(Shard shard) => _lines.TryRemove(shard, out _);

    public IEnumerable<ShardReport> Tell()
    {
        foreach (var (shard, line) in _lines)
        {
            lock (line)
            {
                yield return new ShardReport
                {
                    Project = shard.Project,
                    Number = shard.Number,
                    DeliveredPerSecond = line.Rate.PerSecond(clock.GetTimestamp()),
                    DeliveredAtMs = line.DeliveredAtMs,
                    Failures = line.Failures,
                    LastError = line.Error,
                    LastErrorAtMs = line.ErrorAtMs,
                    NextTryAtMs = line.Failures > 0 ? line.NextTryAtMs : null,
                    IsHeldToRate = line.IsHeld,
                };
            }
        }
    }

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private Line Of(Shard shard) => _lines.GetOrAdd(shard, static (_, clock) => new Line { Rate = new RateMeter(clock) }, clock);

    private sealed class Line
    {
        public required RateMeter Rate { get; init; }

        public long? DeliveredAtMs { get; set; }

        public int Failures { get; set; }

        public bool IsHeld { get; set; }

        public string? Error { get; set; }

        public long? ErrorAtMs { get; set; }

        public long? NextTryAtMs { get; set; }
    }
}
