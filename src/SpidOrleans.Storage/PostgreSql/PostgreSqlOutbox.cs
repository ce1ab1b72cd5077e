using Npgsql;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>
/// The outbox in PostgreSQL. A group is one transaction and, unless it moves lanes, one round trip. Statements and rules of each
/// operation are in the files beside this one.
/// </summary>
/// <param name="service">Orleans' service id, under which the grains' state is stored.</param>
internal sealed partial class PostgreSqlOutbox(PostgreSqlDatabase database, string service, TimeProvider clock) : IOutboxEngine, IAsyncDisposable
{
    /// <summary>Two silos may lock rows in opposite orders: one of them is told to start over.</summary>
    private const int CollisionsMax = 5;

    // One writer: it keeps its connection, and with it its prepared statements. Groups come one at a time.
    private NpgsqlConnection? _writer;

    private readonly RecentBodies _recent = new(clock);

    private readonly OutboxVacuum _vacuum = new(database, clock);

    /// <summary>A full disk is believed in for so long: groups without appends then remove what is delivered.</summary>
    private static readonly TimeSpan FullFor = TimeSpan.FromSeconds(5);

    private long _fullSince;

    /// <summary>Of a disk that is nearly full PostgreSQL tells nothing; of a full one, by an error.</summary>
    public bool HasRoom => Volatile.Read(ref _fullSince) is var since && (since == 0 || clock.GetElapsedTime(since) > FullFor);

    public Task CommitAsync(IReadOnlyList<OutboxOperation> group, CancellationToken cancellationToken) =>
        OrUnavailableAsync(
            async () =>
            {
                List<SegmentRemoval> left = [];
                List<(SegmentWriter.Columns Segments, long[] Positions)> stored = [];
                await UntilItDoesNotCollideAsync(
                    writer =>
                    {
                        left.Clear();
                        stored.Clear();
                        return CommitOnceAsync(writer, group, left, stored, cancellationToken);
                    },
                    cancellationToken);
                Note(stored, group);
                foreach (var removal in left) await CarryOutAsync(removal, cancellationToken);
                return true;
            },
            cancellationToken);

    private void Note(List<(SegmentWriter.Columns Segments, long[] Positions)> stored, IReadOnlyList<OutboxOperation> group)
    {
        foreach (var (segments, positions) in stored)
        {
            for (var i = 0; i < positions.Length; i++) _recent.Add(segments.Shards[i], positions[i], segments.Bodies[i]);
        }

        foreach (var removal in group.OfType<RemoveOperation>()) _vacuum.Removed(_recent.Remove(removal.Shard.Key, removal.Positions));
    }

    /// <summary>What the group has stored is stored: only who wanted to remove is told of a failure.</summary>
    private async Task CarryOutAsync(SegmentRemoval removal, CancellationToken cancellationToken)
    {
        try
        {
            await OrUnavailableAsync(
                async () =>
                {
                    await UntilItDoesNotCollideAsync(writer => removal.CarryOutRestAsync(writer, cancellationToken), cancellationToken);
                    return true;
                },
                CancellationToken.None);
        }
        catch (OutboxUnavailableException exception)
        {
            foreach (var operation in removal.Operations) operation.Failure = exception;
        }
    }

    private async Task UntilItDoesNotCollideAsync(Func<NpgsqlConnection, Task> transaction, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await transaction(_writer ??= await database.Source.OpenConnectionAsync(cancellationToken));
                return;
            }
            catch (Exception exception)
            {
                // Whatever it was, the connection may be in the middle of anything.
                await DropWriterAsync();
                _recent.Clear();
                if (exception is PostgresException { SqlState: PostgresErrorCodes.DiskFull }) Volatile.Write(ref _fullSince, clock.GetTimestamp());
                // The server has become a standby: its connections are of no use any more, however sound.
                if (exception is PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction }) database.Source.Clear();
                if (!PostgreSqlFailure.IsCollision(exception) || attempt == CollisionsMax) throw;
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(5, 20) * attempt), clock, cancellationToken);
            }
        }
    }

    /// <param name="left">Gets removals that are to be carried out after the commit.</param>
    /// <param name="stored">Gets segments, and where they are.</param>
    private async Task CommitOnceAsync(
        NpgsqlConnection writer, IReadOnlyList<OutboxOperation> group, List<SegmentRemoval> left,
        List<(SegmentWriter.Columns Segments, long[] Positions)> stored, CancellationToken cancellationToken)
    {
        var part = new GroupPart(this, writer, left, stored);
        // Whatever the server's default: what a lock was waited for must be seen.
        part.Add("BEGIN ISOLATION LEVEL READ COMMITTED");
        if (Lock(group) is { } locks) part.Add(locks);
        if (group.OfType<HoldOperation>().ToList() is { Count: > 0 } holds)
        {
            await part.CarryOutAsync(cancellationToken);
            await HoldAsync(writer, holds, cancellationToken);
            part = new GroupPart(this, writer, left, stored);
        }

        foreach (var operation in group)
        {
            switch (operation)
            {
                case HoldOperation: continue;
                case AppendOperation append:
                    part.Add(append);
                    continue;
                case RemoveOperation remove:
                    part.Add(remove);
                    continue;
            }

            await part.CarryOutAsync(cancellationToken);
            switch (operation)
            {
                case MoveOperation move: move.Result = await MoveAsync(writer, move, cancellationToken); break;
                case ReleaseOperation release: release.Result = await ReleaseAsync(writer, release, cancellationToken); break;
                case LetGoOperation letGo: letGo.Result = await LetGoAsync(writer, letGo, cancellationToken); break;
                case EraseOperation erase: erase.Result = await EraseAsync(writer, erase, cancellationToken); break;
                case DeletionOperation deletion: deletion.Result = await KeepAsync(writer, deletion, cancellationToken); break;
                case ReplayOperation replay: replay.Result = await ReplayAsync(writer, replay, cancellationToken); break;
                case DiscardOperation discard: discard.Result = await DiscardAsync(writer, discard, cancellationToken); break;
                case BuryOperation bury: bury.Result = await BuryAsync(writer, bury, cancellationToken); break;
                default: throw new NotSupportedException($"the outbox has no {operation.GetType().Name}");
            }

            part = new GroupPart(this, writer, left, stored);
        }

        await part.CarryOutAsync(cancellationToken, "COMMIT");
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

    public async ValueTask DisposeAsync()
    {
        await _vacuum.DisposeAsync();
        await DropWriterAsync();
    }

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

    private static NpgsqlBatchCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        return command;
    }

    private static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };
}
