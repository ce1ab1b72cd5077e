using System.Runtime.ExceptionServices;
using Microsoft.Data.Sqlite;
using Orleans.Storage;

namespace SpidOrleans.Storage.Sqlite;

/// <summary>
/// Runs Orleans' ADO.NET storage on the database's threads: its "asynchronous" calls would block the grain's thread on
/// SQLite. State is serialized on those threads while other turns of a reentrant grain may run: state types are immutable.
/// </summary>
internal sealed class SqliteGrainStorage(IGrainStorage inner, SqliteDatabase database) : IGrainStorage
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        RunAsync(database.Reader, grainState, copy => inner.ReadStateAsync(stateName, grainId, copy), replacesState: true, cancellationToken);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        RunAsync(database.Writer, grainState, copy => inner.WriteStateAsync(stateName, grainId, copy), replacesState: false, cancellationToken);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        RunAsync(database.Writer, grainState, copy => inner.ClearStateAsync(stateName, grainId, copy), replacesState: true, cancellationToken);

    /// <summary>The thread works on a copy; the grain's own state changes in the grain's turn, after the await.</summary>
    private async Task RunAsync<T>(
        SqliteThread thread, IGrainState<T> grainState, Func<IGrainState<T>, Task> work, bool replacesState, CancellationToken cancellationToken)
    {
        var copy = new GrainState<T>(grainState.State, grainState.ETag) { RecordExists = grainState.RecordExists };
        try
        {
            await await thread.RunAsync(_ => Carried(work(copy)), cancellationToken);
        }
        catch (SqliteException exception)
        {
            throw new StorageUnavailableException($"'{database.Location.Path}' {SqliteFailure.Describe(exception)}", exception);
        }
        catch (TimeoutException exception)
        {
            // A write that had not begun never will: the grain reloads, and nothing changes its state behind its back.
            throw new StorageUnavailableException(
                $"'{database.Location.Path}' did not answer within {SqliteThread.AnswerTimeout.TotalSeconds:0} s", exception);
        }

        if (replacesState) grainState.State = copy.State;
        grainState.ETag = copy.ETag;
        grainState.RecordExists = copy.RecordExists;
    }

    /// <summary>SQLite has done its work when the inner call returns, so its failure is known here, on the thread, which
    /// must see it to judge its connection.</summary>
    private static Task Carried(Task task)
    {
        if (task.Exception?.InnerException is { } failure) ExceptionDispatchInfo.Throw(failure);
        return task;
    }
}
