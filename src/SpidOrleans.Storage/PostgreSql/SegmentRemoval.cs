using Npgsql;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>Removes events by their positions: nearly always all of a segment's that still waited, and then the segment goes.</summary>
internal sealed class SegmentRemoval
{
    // By the rows' addresses: as a join the planner, who has seen the table empty, would walk through all of it for each of
    // them. Meanwhile a segment can only have lost events.
    internal const string RemoveSql =
        """
        DELETE FROM outbox WHERE ctid = ANY (ARRAY(
          SELECT (SELECT ctid FROM outbox WHERE shard = done.shard AND position = done.position AND live & ~done.mask = 0 OFFSET 0)
          FROM unnest($1, $2, $3) AS done (shard, position, mask)))
        """;

    internal const string RemoveOneSql = "DELETE FROM outbox WHERE shard = $1 AND position = $2 AND live & ~$3 = 0";

    internal const string ReduceOneSql = "UPDATE outbox SET live = live & ~$3 WHERE shard = $1 AND position = $2";

    internal const string FindSql =
        """
        SELECT number::integer FROM unnest($1, $2) WITH ORDINALITY AS done (shard, position, number)
        WHERE EXISTS (SELECT FROM outbox WHERE shard = done.shard AND position = done.position OFFSET 0)
        """;

    private readonly (string Shard, long Position, long Mask)[] _segments;

    // Sorted: rows are locked in this order, so that two emitters of one shard wait for each other in one direction only.
    public SegmentRemoval(IReadOnlyList<RemoveOperation> operations)
        : this(operations.SelectMany(operation => operation.Positions, (operation, position) => (operation.Shard.Key, position)))
    {
        Operations = operations;
    }

    /// <param name="events">Shard and position of each.</param>
    public SegmentRemoval(IEnumerable<(string Shard, long Position)> events)
    {
        var masks = new List<(string Shard, long Position, long Mask)>();
        foreach (var (shard, position) in events)
        {
            var bit = 1L << (int)(position % SegmentWriter.EventsMax);
            // As they were read, a segment's events follow each other.
            if (masks is [.., var last] && last.Position == position / SegmentWriter.EventsMax && last.Shard == shard) masks[^1] = (last.Shard, last.Position, last.Mask | bit);
            else masks.Add((shard, position / SegmentWriter.EventsMax, bit));
        }

        _segments = [.. masks.GroupBy(segment => (segment.Shard, segment.Position), segment => segment.Mask)
            .Select(segment => (segment.Key.Shard, segment.Key.Position, segment.Aggregate((all, mask) => all | mask)))
            .OrderBy(segment => segment.Shard, StringComparer.Ordinal).ThenBy(segment => segment.Position)];
        Command = new NpgsqlBatchCommand(RemoveSql) { Parameters = { Shards, Positions, new NpgsqlParameter<long[]> { TypedValue = Array.ConvertAll(_segments, segment => segment.Mask) } } };
    }

    /// <summary>Who wants it.</summary>
    public IReadOnlyList<RemoveOperation> Operations { get; } = [];

    /// <summary>Removes the segments of which nothing is left.</summary>
    public NpgsqlBatchCommand Command { get; }

    /// <summary>After <see cref="Command"/>: every segment went.</summary>
    public bool IsComplete => (int)Command.RecordsAffected == _segments.Length;

    private NpgsqlParameter<string[]> Shards => new() { TypedValue = Array.ConvertAll(_segments, segment => segment.Shard) };

    private NpgsqlParameter<long[]> Positions => new() { TypedValue = Array.ConvertAll(_segments, segment => segment.Position) };

    /// <summary>After <see cref="Command"/> and its commit: takes the events out of what is left.</summary>
    public async Task CarryOutRestAsync(NpgsqlConnection writer, CancellationToken cancellationToken)
    {
        var left = new List<(string Shard, long Position, long Mask)>();
        await using (var find = new NpgsqlCommand(FindSql, writer) { Parameters = { Shards, Positions } })
        await using (var reader = await find.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken)) left.Add(_segments[reader.GetInt32(0) - 1]);
        }

        if (left.Count > 0) await CarryOutSinglyAsync(left, writer, cancellationToken);
    }

    /// <summary>Takes the events out of whatever is still there; by itself one transaction, if none is open.</summary>
    /// <remarks>First the events, which waits for whoever is about to take others, and then, with that seen, the segment: were it
    /// asked first whether others are left, two who take each a part would both say yes, and leave a segment of none.</remarks>
    public Task CarryOutSinglyAsync(NpgsqlConnection writer, CancellationToken cancellationToken) => CarryOutSinglyAsync(_segments, writer, cancellationToken);

    private static async Task CarryOutSinglyAsync(
        IEnumerable<(string Shard, long Position, long Mask)> segments, NpgsqlConnection writer, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(writer);
        foreach (var segment in segments)
        {
            batch.BatchCommands.Add(Of(ReduceOneSql, segment));
            batch.BatchCommands.Add(Of(RemoveOneSql, segment));
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlBatchCommand Of(string sql, in (string Shard, long Position, long Mask) segment) => new(sql)
    {
        Parameters =
        {
            new NpgsqlParameter<string> { TypedValue = segment.Shard },
            new NpgsqlParameter<long> { TypedValue = segment.Position },
            new NpgsqlParameter<long> { TypedValue = segment.Mask },
        },
    };
}
