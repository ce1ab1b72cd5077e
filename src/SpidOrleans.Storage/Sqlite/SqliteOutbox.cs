using Microsoft.Data.Sqlite;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.Sqlite;

/// <summary>The outbox in SQLite. Statements and rules of each operation are in the files beside this one.</summary>
/// <param name="service">Orleans' service id, under which the grains' state is stored.</param>
internal sealed partial class SqliteOutbox(SqliteDatabase database, string service, TimeProvider clock) : IOutboxEngine
{
    public Task CommitAsync(IReadOnlyList<OutboxOperation> group, CancellationToken cancellationToken) =>
        AskAsync(database => database.Writer, session => Commit(session, group), cancellationToken);

    /// <summary>All of the group or nothing: whatever throws here, the thread rolls back.</summary>
    private int Commit(SqliteSession session, IReadOnlyList<OutboxOperation> group)
    {
        // IMMEDIATE takes the write lock before the first read: a later upgrade could fail in mid-group.
        session.Execute("BEGIN IMMEDIATE");
        foreach (var operation in group) CarryOut(session, operation);
        session.Execute("COMMIT");
        return group.Count;
    }

    private void CarryOut(SqliteSession session, OutboxOperation operation)
    {
        switch (operation)
        {
            case AppendOperation append: append.Result = Append(session, append); break;
            case MoveOperation move: move.Result = Move(session, move); break;
            case HoldOperation hold: hold.Result = Hold(session, hold); break;
            case ReleaseOperation release: release.Result = Release(session, release); break;
            case LetGoOperation letGo: letGo.Result = LetGo(session, letGo); break;
            case RemoveOperation remove: remove.Result = Remove(session, remove); break;
            case EraseOperation erase: erase.Result = Erase(session, erase); break;
            case DeletionOperation deletion: deletion.Result = Keep(session, deletion); break;
            case ReplayOperation replay: replay.Result = Replay(session, replay); break;
            case DiscardOperation discard: discard.Result = Discard(session, discard); break;
            case BuryOperation bury: bury.Result = Bury(session, bury); break;
            default: throw new NotSupportedException($"the outbox has no {operation.GetType().Name}");
        }
    }

    public Task CheckAsync(CancellationToken cancellationToken) =>
        AskAsync(database => database.Writer, Check, cancellationToken);

    /// <summary>Takes and frees the write lock: a sign of life from the very connection that commits.</summary>
    private bool Check(SqliteSession session)
    {
        // SQLite would go on writing into a deleted file without a word.
        if (!File.Exists(database.Location.Path)) throw new OutboxUnavailableException($"'{database.Location.Path}' is gone");
        if (!HasRoom) throw new OutboxUnavailableException($"the disk of '{database.Location.Path}' has less than {ReserveBytes >> 20} MB free, or does not answer");
        session.Execute("BEGIN IMMEDIATE");
        session.Execute("ROLLBACK");
        return true;
    }

    private async Task<TResult> AskAsync<TResult>(
        Func<SqliteDatabase, SqliteThread> thread, Func<SqliteSession, TResult> work, CancellationToken cancellationToken)
    {
        try
        {
            return await thread(database).RunAsync(work, cancellationToken);
        }
        catch (SqliteException exception)
        {
            throw new OutboxUnavailableException($"'{database.Location.Path}' {SqliteFailure.Describe(exception)}", exception);
        }
        catch (Exception exception) when (exception is TimeoutException or StorageUnavailableException)
        {
            throw new OutboxUnavailableException(exception.Message, exception);
        }
    }
}
