using Npgsql;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.PostgreSql;

internal sealed partial class PostgreSqlOutbox
{
    /// <summary>The appends and removals of a group up to something else, or to its end, as one batch: one statement for all
    /// removals, one for all appends. Nobody can tell their order, since what is removed was committed by an earlier group.</summary>
    private sealed class GroupPart(
        PostgreSqlOutbox outbox, NpgsqlConnection writer, List<SegmentRemoval> left, List<(SegmentWriter.Columns Segments, long[] Positions)> stored)
    {
        private readonly List<NpgsqlBatchCommand> _commands = [];
        private readonly List<RemoveOperation> _removals = [];
        private readonly List<AppendOperation> _appends = [];

        public void Add(string sql) => Add(new NpgsqlBatchCommand(sql));

        public void Add(NpgsqlBatchCommand command) => _commands.Add(command);

        public void Add(AppendOperation append) => _appends.Add(append);

        public void Add(RemoveOperation remove) => _removals.Add(remove);

        /// <param name="last">A statement to end with.</param>
        public async Task CarryOutAsync(CancellationToken cancellationToken, string? last = null)
        {
            var removal = _removals.Count > 0 ? new SegmentRemoval(_removals) : null;
            if (removal is not null) Add(removal.Command);
            var owners = new List<int>(_appends.Count);
            SegmentWriter.Columns? columns = null;
            if (_appends.Count > 0) Add(outbox.Append(_appends, owners, out columns));
            if (last is not null) Add(last);
            if (_commands.Count == 0) return;

            await using var batch = new NpgsqlBatch(writer);
            foreach (var command in _commands) batch.BatchCommands.Add(command);
            var (refused, appended) = await ReadRefusedAsync(batch, cancellationToken);
            // Segments that still have events, or that another emitter has removed.
            if (removal is { IsComplete: false }) left.Add(removal);

            for (var i = 0; i < owners.Count; i++) _appends[i].Result = !refused.Contains(owners[i]);
            foreach (var remove in _removals) remove.Result = true;
            if (columns is null || refused.Count > 0) return;
            stored.Add((columns, appended));
            foreach (var append in _appends)
            {
                // The shard's last segment: what the request appended lies in it or before it.
                if (append.Request is not null && Array.LastIndexOf(columns.Shards, append.Lane.Shard.Key) is >= 0 and var at)
                    append.LastPosition = appended[at] * SegmentWriter.EventsMax + columns.Events[at] - 1;
            }
        }

        /// <summary>Of all the statements the append alone answers something.</summary>
        /// <returns>The owners refused; the positions of the segments, in their order.</returns>
        private static async Task<(HashSet<int> Refused, long[] Appended)> ReadRefusedAsync(NpgsqlBatch batch, CancellationToken cancellationToken)
        {
            var (refused, appended) = (Array.Empty<int>(), Array.Empty<long>());
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            do
            {
                if (reader.FieldCount == 0 || reader.GetName(0) != RefusedColumn) continue;
                while (await reader.ReadAsync(cancellationToken))
                    (refused, appended) = (reader.GetFieldValue<int[]>(0), reader.GetFieldValue<long[]>(1));
            }
            while (await reader.NextResultAsync(cancellationToken));
            return ([.. refused], appended);
        }
    }
}
