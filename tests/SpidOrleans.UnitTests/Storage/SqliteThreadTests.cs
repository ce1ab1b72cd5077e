using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SpidOrleans.Storage;
using SpidOrleans.Storage.Sqlite;
using Xunit;

namespace SpidOrleans.UnitTests.Storage;

public sealed class SqliteThreadTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DatabaseFolder _folder = new();
    private readonly ManualResetEventSlim _release = new();
    private readonly SqliteThread _thread;
    private SqliteException? _openFailure;
    private int _opened;

    public SqliteThreadTests() => _thread = new SqliteThread("test", Open, TimeProvider.System, NullLogger.Instance);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        _release.Set();
        await _thread.DisposeAsync();
        _folder.Dispose();
        _release.Dispose();
    }

    [Fact]
    public async Task Work_RunsInOrderOnOneThreadThatIsNotThePools()
    {
        var order = new List<int>();
        await HoldThreadAsync();
        var works = Enumerable.Range(0, 100).Select(i => _thread.RunAsync(
            _ =>
            {
                order.Add(i);
                return (Environment.CurrentManagedThreadId, Thread.CurrentThread.IsThreadPoolThread);
            },
            Cancel)).ToList();
        _release.Set();

        Assert.False(Assert.Single((await Task.WhenAll(works).WaitAsync(Patience)).Distinct()).IsThreadPoolThread);
        Assert.Equal(Enumerable.Range(0, 100), order);
        Assert.Equal(1, _opened);
    }

    [Fact]
    public async Task Caller_GoesOnElsewhere()
    {
        await HoldThreadAsync();
        // On the pool, where no context of the test runner's would move the continuation anyway.
        var calling = Task.Run(
            async () => (Worker: await _thread.RunAsync(_ => Environment.CurrentManagedThreadId, Cancel), Caller: Environment.CurrentManagedThreadId),
            Cancel);
        _release.Set();
        var (worker, caller) = await calling.WaitAsync(Patience);
        Assert.NotEqual(worker, caller);
    }

    [Fact]
    public async Task Caller_ThatGivesUp_WaitsNoLonger_AndItsWorkNeverRuns()
    {
        var ran = false;
        await HoldThreadAsync();
        using var patience = new CancellationTokenSource();
        var waiting = _thread.RunAsync(_ => ran = true, patience.Token);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));

        _release.Set();
        await _thread.RunAsync(_ => true, Cancel);
        Assert.False(ran);
    }

    [Fact]
    public async Task Caller_ThatTimesOut_MayBelieveThatItsWorkNeverRuns()
    {
        var clock = new FakeTimeProvider();
        await using var thread = new SqliteThread("timed", Open, clock, NullLogger.Instance);
        var (ran, isHeld) = (false, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var holding = thread.RunAsync(
            _ =>
            {
                isHeld.SetResult();
                return _release.Wait(Patience);
            },
            Cancel);
        await isHeld.Task.WaitAsync(Patience);
        var waiting = thread.RunAsync(_ => ran = true, Cancel);
        clock.Advance(SqliteThread.AnswerTimeout);
        await Assert.ThrowsAsync<TimeoutException>(() => holding.WaitAsync(Patience)); // it had begun, and goes on
        await Assert.ThrowsAsync<TimeoutException>(() => waiting.WaitAsync(Patience));

        _release.Set();
        await thread.RunAsync(_ => true, Cancel);
        Assert.False(ran);
    }

    [Fact]
    public async Task Queue_ThatIsFull_RefusesAtOnce()
    {
        await HoldThreadAsync();
        var queued = Enumerable.Range(0, SqliteThread.QueueWorkMax).Select(_ => _thread.RunAsync(_ => true, Cancel)).ToList();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => _thread.RunAsync(_ => true, Cancel));
        _release.Set();
        await Task.WhenAll(queued).WaitAsync(Patience);
    }

    [Fact]
    public async Task Failure_RollsBackItsTransactionAndKeepsTheConnection()
    {
        await _thread.RunAsync(session => session.Prepare("CREATE TABLE t (x INTEGER)").Run(), Cancel);
        await Assert.ThrowsAsync<InvalidOperationException>(() => _thread.RunAsync<int>(
            session =>
            {
                session.Execute("BEGIN IMMEDIATE");
                session.Execute("INSERT INTO t VALUES (1)");
                throw new InvalidOperationException();
            },
            Cancel));
        Assert.Equal((false, 0L), await _thread.RunAsync(session => (session.InTransaction, Count(session)), Cancel));
        Assert.Equal(1, _opened);
    }

    [Fact]
    public async Task Failure_InTheMiddleOfAReading_EndsTheReading()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _thread.RunAsync<int>(
            session =>
            {
                Assert.True(session.Prepare("VALUES (1), (2), (3)").Step());
                throw new InvalidOperationException();
            },
            Cancel));
        Assert.Equal(1, await _thread.RunAsync(
            session =>
            {
                var statement = session.Prepare("VALUES (1), (2), (3)");
                statement.Step();
                return statement.Int64(0);
            },
            Cancel));
    }

    [Fact]
    public async Task DiskError_MakesTheNextWorkUseANewConnection()
    {
        await Assert.ThrowsAsync<SqliteException>(() => _thread.RunAsync<int>(_ => throw new SqliteException("disk I/O error", 10), Cancel));
        Assert.True(await _thread.RunAsync(session => session.Prepare("SELECT 1").Step(), Cancel));
        Assert.Equal(2, _opened);
    }

    [Fact]
    public async Task Opening_ThatFails_FailsTheWork_AndIsTriedAgainForTheNext()
    {
        _openFailure = new SqliteException("unable to open database file", 14);
        await Assert.ThrowsAsync<SqliteException>(() => _thread.RunAsync(_ => true, Cancel));
        _openFailure = null;
        Assert.True(await _thread.RunAsync(_ => true, Cancel));
    }

    [Fact]
    public async Task Dispose_CarriesOutWhatIsQueued_AndRefusesWhatComesAfter()
    {
        await HoldThreadAsync();
        var queued = _thread.RunAsync(_ => true, Cancel);
        var ending = _thread.DisposeAsync();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => _thread.RunAsync(_ => true, Cancel));
        _release.Set();
        Assert.True(await queued.WaitAsync(Patience));
        await ending.AsTask().WaitAsync(Patience);
    }

    private SqliteSession Open()
    {
        if (_openFailure is { } failure) throw failure;
        _opened++;
        return SqliteSession.Open(SqliteLocation.Parse($"Data Source={_folder.File}").ConnectionString, []);
    }

    /// <summary>Returns once the thread is busy and stays so until <see cref="_release"/>.</summary>
    private async Task HoldThreadAsync()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = _thread.RunAsync(
            _ =>
            {
                held.SetResult();
                return _release.Wait(Patience);
            },
            CancellationToken.None);
        await held.Task.WaitAsync(Patience);
    }

    private static long Count(SqliteSession session)
    {
        var statement = session.Prepare("SELECT count(*) FROM t");
        statement.Step();
        var count = statement.Int64(0);
        statement.Reset();
        return count;
    }
}
