using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>The one source of connections for everything that is stored.</summary>
public sealed partial class PostgreSqlDatabase(
    IOptions<PostgreSqlStorageOptions> options, TimeProvider clock, ILogger<PostgreSqlDatabase> logger) : IStorage, IAsyncDisposable, IDisposable
{
    private readonly Lazy<(PostgreSqlLocation Location, NpgsqlDataSource Source)> _opened = new(() =>
    {
        var location = PostgreSqlLocation.Parse(options.Value.ConnectionString);
        // Its name is what Npgsql's metrics call it by; unnamed, they would have the connection string.
        return (location, new NpgsqlDataSourceBuilder(location.ConnectionString) { Name = "spidorleans" }.Build());
    });

    private readonly SemaphoreSlim _initializing = new(1, 1);
    private bool _isInitialized;

    /// <summary>Host, port and database, without user and password.</summary>
    internal string Name => _opened.Value.Location.Name;

    /// <exception cref="StorageUnavailableException">The connection string is not one.</exception>
    internal NpgsqlDataSource Source => _opened.Value.Source;

    internal ILogger Logger => logger;

    public async Task InitializeAsync(CancellationToken cancellationToken)
    {
        await _initializing.WaitAsync(cancellationToken);
        try
        {
            if (_isInitialized) return;
            await OpenAsync(cancellationToken);
            _isInitialized = true;
        }
        finally
        {
            _initializing.Release();
        }
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await Source.OpenConnectionAsync(cancellationToken);
            await RequireDurabilityAsync(connection, cancellationToken);
            var version = await new PostgreSqlMigrator(clock).MigrateAsync(connection, cancellationToken);
            LogOpened(logger, Name, connection.PostgreSqlVersion, version);
        }
        catch (Exception exception) when (PostgreSqlFailure.IsFailure(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw new StorageUnavailableException(
                $"{PostgreSqlLocation.Key}: '{Name}' {PostgreSqlFailure.Describe(exception)}", exception);
        }
    }

    /// <summary>What is acknowledged must outlive a crash of the server, too.</summary>
    private async Task RequireDurabilityAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT current_setting('synchronous_commit'), current_setting('fsync')", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        if (reader.GetString(0) == "off")
            throw new StorageUnavailableException($"{PostgreSqlLocation.Key}: '{Name}' has synchronous_commit off, which would lose acknowledged events: turn it on for this user or database");
        if (reader.GetString(1) == "off") LogNoSync(logger, Name);
    }

    public async ValueTask DisposeAsync()
    {
        if (_opened.IsValueCreated) await Source.DisposeAsync();
        _initializing.Dispose();
    }

    public void Dispose()
    {
        if (_opened.IsValueCreated) Source.Dispose();
        _initializing.Dispose();
    }

    [LoggerMessage(EventId = 5101, Level = LogLevel.Information, Message = "Opened {Database} (PostgreSQL {ServerVersion}), schema version {Version}")]
    private static partial void LogOpened(ILogger logger, string database, Version serverVersion, int version);

    [LoggerMessage(EventId = 5102, Level = LogLevel.Critical, Message = "{Database} runs with fsync off: a crash of its machine loses acknowledged events")]
    private static partial void LogNoSync(ILogger logger, string database);
}
