using Microsoft.Extensions.Logging;
using Npgsql;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>
/// Frees the room of what was delivered while its pages are still in the server's memory. Autovacuum comes once a minute: until then
/// the table grows by all that was delivered meanwhile, and each page is written to disk and read back, for a fifth of the throughput.
/// </summary>
internal sealed partial class OutboxVacuum(PostgreSqlDatabase database, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>Each takes a page or less: eight megabytes.</summary>
    public const int SegmentsMin = 1_000;

    public static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan PauseMax = TimeSpan.FromMinutes(5);

    /// <summary>A backlog, or a snapshot that somebody holds for hours, makes it slow and of little use: it takes a twentieth of the time.</summary>
    private const int PausePerWork = 20;

    private const int TimeoutSeconds = 120;

    /// <summary>Giving the end of the table back locks it for a moment, and its pages would be needed again soon.</summary>
    private const string IsLargeSql = "SELECT pg_relation_size('outbox') > 256 * 1024 * 1024";

    private readonly CancellationTokenSource _stopping = new();
    private Task _run = Task.CompletedTask;
    private TimeSpan _pause = PauseMin;
    private long _endedAt;
    private int _removed;

    /// <summary>To be called by the outbox's one writer.</summary>
    /// <param name="segments">How many more were removed.</param>
    public void Removed(int segments)
    {
        _removed += segments;
        if (_removed < SegmentsMin || !_run.IsCompleted || clock.GetElapsedTime(_endedAt) < _pause) return;
        _removed = 0;
        _run = Task.Run(RunAsync);
    }

    private async Task RunAsync()
    {
        var startedAt = clock.GetTimestamp();
        try
        {
            await using var connection = await database.Source.OpenConnectionAsync(_stopping.Token);
            await using var isLarge = new NpgsqlCommand(IsLargeSql, connection);
            var truncate = await isLarge.ExecuteScalarAsync(_stopping.Token) is true;
            // Another silo may be at it.
            await using var vacuum = new NpgsqlCommand($"VACUUM (SKIP_LOCKED, TRUNCATE {truncate}) outbox", connection) { CommandTimeout = TimeoutSeconds };
            await vacuum.ExecuteNonQueryAsync(_stopping.Token);
            var pause = clock.GetElapsedTime(startedAt) * PausePerWork;
            _pause = pause < PauseMin ? PauseMin : pause < PauseMax ? pause : PauseMax;
        }
        catch (Exception exception) when (PostgreSqlFailure.IsFailure(exception))
        {
            _pause = _pause * 2 < PauseMax ? _pause * 2 : PauseMax;
            if (!_stopping.IsCancellationRequested) LogFailed(database.Logger, database.Name, PostgreSqlFailure.Describe(exception), _pause);
        }

        _endedAt = clock.GetTimestamp();
    }

    /// <summary>Any number of times: a container disposes what it knows by two names twice.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested) return;
        await _stopping.CancelAsync();
        await _run;
        _stopping.Dispose();
    }

    [LoggerMessage(EventId = 5104, Level = LogLevel.Warning, Message = "The outbox could not be vacuumed: '{Database}' {Failure}; autovacuum goes on, and so does this after {Pause}")]
    private static partial void LogFailed(ILogger logger, string database, string failure, TimeSpan pause);
}
