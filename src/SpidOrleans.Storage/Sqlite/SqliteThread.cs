using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SpidOrleans.Storage.Sqlite;

/// <summary>
/// One thread with one open connection that carries out work in the order of its arrival. SQLite blocks, and neither a
/// grain's turn nor a pool thread may wait for a disk; and since the file takes one writer at a time anyway, writers that
/// queue here never meet SQLite's own, sleeping, lock.
/// </summary>
internal sealed partial class SqliteThread : IDisposable, IAsyncDisposable
{
    /// <summary>Work that may wait; beyond it callers are refused at once.</summary>
    public const int QueueWorkMax = 16_384;

    /// <summary>How long a caller waits, queueing included, before the outcome counts as unknown.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    [ThreadStatic] private static SqliteSession? s_current;

    private readonly BlockingCollection<IWork> _queue = new(QueueWorkMax);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<SqliteSession> _open;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly string _name;
    private readonly Thread _thread;
    private SqliteSession? _session;

    public SqliteThread(string name, Func<SqliteSession> open, TimeProvider clock, ILogger logger)
    {
        (_name, _open, _clock, _logger) = (name, open, clock, logger);
        _thread = new Thread(CarryOutAll) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>The session of the work that runs on this very thread; null on all other threads.</summary>
    public static SqliteSession? Current => s_current;

    /// <summary>Runs <paramref name="work"/> on the thread. A failure rolls back whatever transaction it left open.</summary>
    /// <exception cref="StorageUnavailableException">The queue is full or closed.</exception>
    /// <exception cref="TimeoutException">No answer within <see cref="AnswerTimeout"/>: work that has begun may still happen,
    /// other work never will, since its caller goes on as if it had not.</exception>
    public Task<TResult> RunAsync<TResult>(Func<SqliteSession, TResult> work, CancellationToken cancellationToken) =>
        RunAsync(work, AnswerTimeout, cancellationToken);

    /// <inheritdoc cref="RunAsync{TResult}(Func{SqliteSession, TResult}, CancellationToken)"/>
    /// <param name="timeout">Instead of <see cref="AnswerTimeout"/>.</param>
    public async Task<TResult> RunAsync<TResult>(
        Func<SqliteSession, TResult> work, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var item = new Work<TResult>(work, cancellationToken);
        if (!TryQueue(item)) throw new StorageUnavailableException($"the queue of {_name} is full or closed");
        try
        {
            return await item.Completion.WaitAsync(timeout, _clock, cancellationToken);
        }
        finally
        {
            item.Abandon();
        }
    }

    private bool TryQueue(IWork item)
    {
        try
        {
            return _queue.TryAdd(item);
        }
        catch (InvalidOperationException) // closed between the question and the deed, which no question can exclude
        {
            return false;
        }
    }

    private void CarryOutAll()
    {
        foreach (var work in _queue.GetConsumingEnumerable()) CarryOut(work);
        CloseSession();
        _ended.SetResult();
    }

    private void CarryOut(IWork work)
    {
        if (work.IsAbandoned) return;
        try
        {
            s_current = _session ??= _open();
            // Asked again: opening may have waited for another program's lock.
            if (!work.IsAbandoned) work.Run(_session);
        }
        catch (Exception exception)
        {
            Recover(exception);
            work.Fail(exception);
        }
        finally
        {
            s_current = null;
        }
    }

    private void Recover(Exception failure)
    {
        if (_session is null) return;
        try
        {
            _session.ResetStatements();
            if (_session.InTransaction) _session.Execute("ROLLBACK");
            if (SqliteFailure.LeavesConnectionSound(failure)) return;
        }
        catch (Exception exception)
        {
            LogRollbackFailed(_logger, _name, exception);
        }

        LogReopening(_logger, _name, failure.Message);
        CloseSession();
    }

    private void CloseSession()
    {
        try
        {
            _session?.Dispose();
        }
        catch (Exception exception)
        {
            LogCloseFailed(_logger, _name, exception);
        }

        _session = null;
    }

    /// <summary>Carries out what is queued, then closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.CompleteAdding();
        await _ended.Task.WaitAsync(AnswerTimeout, _clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>The same for containers that are not disposed asynchronously.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join(AnswerTimeout);
    }

    [LoggerMessage(EventId = 5101, Level = LogLevel.Warning, Message = "{ThreadName} closes its connection and opens a new one after: {Reason}")]
    private static partial void LogReopening(ILogger logger, string threadName, string reason);

    [LoggerMessage(EventId = 5102, Level = LogLevel.Warning, Message = "{ThreadName} could not roll back")]
    private static partial void LogRollbackFailed(ILogger logger, string threadName, Exception exception);

    [LoggerMessage(EventId = 5103, Level = LogLevel.Warning, Message = "{ThreadName} could not close its connection")]
    private static partial void LogCloseFailed(ILogger logger, string threadName, Exception exception);

    private interface IWork
    {
        /// <summary>Its caller has gone before it began.</summary>
        bool IsAbandoned { get; }

        void Run(SqliteSession session);

        void Fail(Exception reason);
    }

    private sealed class Work<TResult>(Func<SqliteSession, TResult> body, CancellationToken cancellationToken) : IWork
    {
        // Callers' continuations must not run on this thread.
        private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private volatile bool _isAbandoned;

        public Task<TResult> Completion => _completion.Task;

        public bool IsAbandoned => _isAbandoned || cancellationToken.IsCancellationRequested;

        /// <summary>Its caller waits no longer, whatever the reason.</summary>
        public void Abandon() => _isAbandoned = true;

        public void Run(SqliteSession session) => _completion.SetResult(body(session));

        public void Fail(Exception reason) => _completion.SetException(reason);
    }
}
