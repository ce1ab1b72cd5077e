using Npgsql;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>
/// The outbox in PostgreSQL. A group is one transaction and, unless it moves lanes, one round trip: removals, then dead letters,
/// then appends, each of a kind in one statement, then moves. That order is as good as the callers' own, because no two
/// operations of a group that touch one lane are under way at once. Statements are in the files beside this one.
/// </summary>
internal sealed partial class PostgreSqlOutbox(PostgreSqlDatabase database, TimeProvider clock) : IOutboxEngine, IAsyncDisposable
{
    /// <summary>Two silos may lock rows in opposite orders: one of them is told to start over.</summary>
    private const int CollisionsMax = 5;

    // One writer: it keeps its connection, and with it its prepared statements. Groups come one at a time.
    private NpgsqlConnection? _writer;

    /// <summary>Of a disk that is nearly full PostgreSQL tells nothing; of a full one, by an error.</summary>
    public bool HasRoom => true;

    public Task CommitAsync(IReadOnlyList<OutboxOperation> group, CancellationToken cancellationToken) =>
        OrUnavailableAsync(
            async () =>
            {
                for (var attempt = 1; ; attempt++)
                {
                    try
                    {
                        await CommitOnceAsync(new GroupParts(group), cancellationToken);
                        return true;
                    }
                    catch (Exception exception)
                    {
                        // Whatever it was, the connection may be in the middle of anything.
                        await DropWriterAsync();
                        if (!PostgreSqlFailure.IsCollision(exception) || attempt == CollisionsMax) throw;
                        await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(5, 20) * attempt), clock, cancellationToken);
                    }
                }
            },
            cancellationToken);

    private async Task CommitOnceAsync(GroupParts group, CancellationToken cancellationToken)
    {
        _writer ??= await database.Source.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(_writer);
        Add(batch, "BEGIN");
        if (Lock(group) is { } locks) batch.BatchCommands.Add(locks);
        if (group.Removals.Count > 0) batch.BatchCommands.Add(Remove(group.Removals));
        foreach (var bury in group.Burials) batch.BatchCommands.Add(Bury(bury));
        if (group.Appends.Count > 0) batch.BatchCommands.Add(Append(group.Appends));
        if (group.Moves.Count == 0) Add(batch, "COMMIT");

        var closed = await ReadClosedAsync(batch, cancellationToken);
        foreach (var operation in group.Appends) operation.Result = !closed.Contains(operation.Lane.Identity);
        SetBuried(group.Burials, batch);
        if (group.Moves.Count == 0) return;

        foreach (var move in group.Moves) move.Result = await MoveAsync(_writer, move, cancellationToken);
        await using var commit = new NpgsqlCommand("COMMIT", _writer);
        await commit.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Carries out the batch, in which the append alone answers something.</summary>
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

    public async Task CheckAsync(CancellationToken cancellationToken) =>
        await OrUnavailableAsync(
            async () =>
            {
                // Not the writer's connection, which is busy: but a transaction that may write, as it needs one.
                await using var command = database.Source.CreateCommand("SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean");
                if (await command.ExecuteScalarAsync(cancellationToken) is true) throw new OutboxUnavailableException($"'{database.Name}' is read-only");
                return true;
            },
            cancellationToken);

    public async ValueTask DisposeAsync() => await DropWriterAsync();

    private async ValueTask DropWriterAsync()
    {
        var dropped = Interlocked.Exchange(ref _writer, null);
        if (dropped is null) return;
        // Rolls back what is open; a broken connection leaves the pool.
        await dropped.DisposeAsync();
    }

    private async Task<TResult> OrUnavailableAsync<TResult>(Func<Task<TResult>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work();
        }
        catch (Exception exception) when (PostgreSqlFailure.IsFailure(exception)
            && !(exception is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            throw new OutboxUnavailableException($"'{database.Name}' {PostgreSqlFailure.Describe(exception)}", exception);
        }
    }

    private static void Add(NpgsqlBatch batch, string sql) => batch.BatchCommands.Add(new NpgsqlBatchCommand(sql));

    private static NpgsqlBatchCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        return command;
    }

    private static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };

    /// <summary>A group by what its operations do.</summary>
    private sealed class GroupParts
    {
        public GroupParts(IReadOnlyList<OutboxOperation> group)
        {
            foreach (var operation in group)
            {
                switch (operation)
                {
                    case AppendOperation append: Appends.Add(append); break;
                    case MoveOperation move: Moves.Add(move); break;
                    case RemoveOperation remove: Removals.Add(remove); break;
                    case BuryOperation bury: Burials.Add(bury); break;
                    default: throw new NotSupportedException($"the outbox has no {operation.GetType().Name}");
                }
            }
        }

        public List<AppendOperation> Appends { get; } = [];

        public List<MoveOperation> Moves { get; } = [];

        public List<RemoveOperation> Removals { get; } = [];

        public List<BuryOperation> Burials { get; } = [];
    }
}
