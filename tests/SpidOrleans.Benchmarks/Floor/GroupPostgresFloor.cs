using System.Threading.Channels;
using Npgsql;

namespace SpidOrleans.Benchmarks.Floor;

/// <summary>A channel and one writer, which inserts whatever has gathered while it committed: the silo's own idea, bare.</summary>
internal sealed class GroupPostgresFloor : IFloor
{
    private const int QueueMax = 10_000;

    /// <summary>As many as the silo's writer takes at once.</summary>
    private const int GroupRowsMax = 4_000;

    private readonly NpgsqlDataSource _source;
    private readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(QueueMax) { SingleReader = true });
    private readonly Task _writing;

    public GroupPostgresFloor(NpgsqlDataSource source)
    {
        _source = source;
        _writing = WriteAsync();
    }

    public async Task InsertAsync(IReadOnlyList<FloorEvent> events)
    {
        var waiting = new Waiting(events);
        await _queue.Writer.WriteAsync(waiting);
        await waiting.Committed.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.Complete();
        await _writing;
        await _source.DisposeAsync();
    }

    private async Task WriteAsync()
    {
        var group = new List<Waiting>();
        var rows = new List<FloorEvent>();
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (rows.Count < GroupRowsMax && _queue.Reader.TryRead(out var waiting))
            {
                group.Add(waiting);
                rows.AddRange(waiting.Events);
            }

            try
            {
                await PostgresTable.InsertAsync(_source, rows);
                foreach (var waiting in group) waiting.Committed.SetResult();
            }
            catch (NpgsqlException failure)
            {
                foreach (var waiting in group) waiting.Committed.SetException(failure);
            }

            group.Clear();
            rows.Clear();
        }
    }

    private sealed record Waiting(IReadOnlyList<FloorEvent> Events)
    {
        /// <summary>The answers are written beside the next group, not before it.</summary>
        public TaskCompletionSource Committed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
