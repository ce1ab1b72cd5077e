using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SpidOrleans.Storage.Sqlite;

/// <summary>The open file: its process lock and its two threads, one that writes and one that reads.</summary>
public sealed partial class SqliteDatabase(
    IOptions<SqliteStorageOptions> options, TimeProvider clock, ILogger<SqliteDatabase> logger)
    : IStorage, IDisposable, IAsyncDisposable
{
    /// <summary>A new index on a large backlog may take its time; stopping it half-way would only start it over.</summary>
    public static readonly TimeSpan MigrationTimeout = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim _initializing = new(1, 1);
    private SqliteLocation? _location;
    private SqliteFileLock? _lock;
    private SqliteThread? _writer;
    private SqliteThread? _reader;
    private bool _isInitialized;

    internal SqliteLocation Location => _location ?? throw NotInitialized();

    /// <summary>The only connection that ever writes, grain state included.</summary>
    internal SqliteThread Writer => (_isInitialized ? _writer : null) ?? throw NotInitialized();

    /// <summary>Sees what is committed, and never waits for the writer.</summary>
    internal SqliteThread Reader => (_isInitialized ? _reader : null) ?? throw NotInitialized();

    public async Task InitializeAsync(CancellationToken cancellationToken)
    {
        await _initializing.WaitAsync(cancellationToken);
        try
        {
            if (_isInitialized) return;
            await OpenAsync(cancellationToken);
            _isInitialized = true;
        }
        catch
        {
            await CloseAsync();
            throw;
        }
        finally
        {
            _initializing.Release();
        }
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        _location = SqliteLocation.Parse(options.Value.ConnectionString);
        _lock = SqliteFileLock.Take(_location.Path);
        try
        {
            var file = _location.ConnectionString;
            var pragmas = new SqlitePragmas(options.Value.BusyTimeout);
            _writer = new SqliteThread("sqlite-writer", () => SqliteSession.Open(file, pragmas.Writer), clock, logger);
            var version = await _writer.RunAsync(new SqliteMigrator(clock).Migrate, MigrationTimeout, cancellationToken);
            if (await _writer.RunAsync(ReadJournalMode, cancellationToken) is var mode and not "wal")
                throw new StorageUnavailableException($"{SqliteLocation.Key}: the file system of '{_location.Path}' takes no write-ahead log (journal mode is {mode}): use a local disk");
            _reader = new SqliteThread("sqlite-reader", () => SqliteSession.Open(file, pragmas.Reader), clock, logger);
            await _reader.RunAsync(session => session.Prepare("SELECT count(*) FROM schema_version").Run(), cancellationToken);
            LogOpened(logger, _location.Path, version);
        }
        catch (SqliteException exception)
        {
            throw new StorageUnavailableException(
                $"{SqliteLocation.Key}: '{_location.Path}' {SqliteFailure.Describe(exception)}", exception);
        }
        catch (TimeoutException exception)
        {
            throw new StorageUnavailableException(
                $"{SqliteLocation.Key}: '{_location.Path}' did not open in time", exception);
        }
    }

    /// <summary>Carries out what is queued, closes the file, then lets other processes in.</summary>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _initializing.Dispose();
    }

    public void Dispose()
    {
        _isInitialized = false;
        _reader?.Dispose();
        _writer?.Dispose();
        _lock?.Dispose();
        _initializing.Dispose();
    }

    private async Task CloseAsync()
    {
        _isInitialized = false;
        // The reader first: the last connection to close folds the write-ahead log into the file.
        if (_reader is not null) await _reader.DisposeAsync();
        if (_writer is not null) await _writer.DisposeAsync();
        _lock?.Dispose();
        (_reader, _writer, _lock) = (null, null, null);
    }

    private static string ReadJournalMode(SqliteSession session)
    {
        var statement = session.Prepare("PRAGMA journal_mode");
        statement.Step();
        var mode = statement.Text(0);
        statement.Reset();
        return mode;
    }

    private static StorageUnavailableException NotInitialized() => new("the database is not open");

    [LoggerMessage(EventId = 5001, Level = LogLevel.Information, Message = "Opened {Path}, schema version {Version}")]
    private static partial void LogOpened(ILogger logger, string path, int version);
}
