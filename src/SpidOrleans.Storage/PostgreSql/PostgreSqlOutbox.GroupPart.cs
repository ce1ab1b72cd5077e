using Npgsql;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.PostgreSql;

internal sealed partial class PostgreSqlOutbox
{
    /// <summary>The operations of a group up to a move, or to its end, as one batch: one statement for all removals, one for
    /// all appends. Nobody can tell their order, since what is removed was committed by an earlier group.</summary>
    private sealed class GroupPart(PostgreSqlOutbox outbox, NpgsqlConnection writer)
    {
        private readonly List<NpgsqlBatchCommand> _commands = [];
        private readonly List<RemoveOperation> _removals = [];
        private readonly List<AppendOperation> _appends = [];
        private readonly List<(BuryOperation Operation, NpgsqlBatchCommand Command)> _burials = [];

        public void Add(string sql) => Add(new NpgsqlBatchCommand(sql));

        public void Add(NpgsqlBatchCommand command) => _commands.Add(command);

        public void Add(OutboxOperation operation)
        {
            switch (operation)
            {
                case AppendOperation append: _appends.Add(append); break;
                case RemoveOperation remove: _removals.Add(remove); break;
                case BuryOperation bury: _burials.Add((bury, outbox.Bury(bury))); break;
                default: throw new NotSupportedException($"the outbox has no {operation.GetType().Name}");
            }
        }

        /// <param name="last">A statement to end with.</param>
        public async Task CarryOutAsync(CancellationToken cancellationToken, string? last = null)
        {
            if (_removals.Count > 0) Add(Remove(_removals));
            foreach (var (_, command) in _burials) Add(command);
            if (_appends.Count > 0) Add(outbox.Append(_appends));
            if (last is not null) Add(last);
            if (_commands.Count == 0) return;

            await using var batch = new NpgsqlBatch(writer);
            foreach (var command in _commands) batch.BatchCommands.Add(command);
            var closed = await ReadClosedAsync(batch, cancellationToken);
            foreach (var append in _appends) append.Result = !closed.Contains(append.Lane.Identity);
            foreach (var (operation, command) in _burials) operation.Result = (int)command.RecordsAffected;
            foreach (var remove in _removals) remove.Result = true;
        }

        /// <summary>Of all the statements the append alone answers something.</summary>
        private static async Task<HashSet<string>> ReadClosedAsync(NpgsqlBatch batch, CancellationToken cancellationToken)
        {
            var closed = new HashSet<string>();
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            do
            {
                if (reader.FieldCount == 0 || reader.GetName(0) != ClosedColumn) continue;
                while (await reader.ReadAsync(cancellationToken)) closed.Add(reader.GetString(0));
            }
            while (await reader.NextResultAsync(cancellationToken));
            return closed;
        }
    }
}
