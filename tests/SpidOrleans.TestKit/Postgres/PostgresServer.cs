using System.Globalization;
using Npgsql;
using SpidOrleans.TestKit.Hosting;

namespace SpidOrleans.TestKit.Postgres;

/// <summary>A PostgreSQL of our own on 127.0.0.1, as durable as in production; port and data outlive restarts.</summary>
public sealed partial class PostgresServer : IAsyncDisposable
{
    /// <summary>Why a test is skipped where <see cref="IsInstalled"/> is false.</summary>
    public const string NotInstalled = "PostgreSQL is not installed: no /usr/lib/postgresql/*/bin/postgres.";

    private const string SuperUser = "postgres";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ProbeEvery = TimeSpan.FromMilliseconds(50);

    private readonly string _folder;
    private readonly int _connectionsMax;
    private readonly int _port = Loopback.FreePort();
    private PostgresWatch? _watch;
    private int _databases;

    private PostgresServer(string parent, int connectionsMax)
    {
        _folder = Directory.CreateDirectory(Path.Combine(parent, $"spidorleans-pg-{Guid.NewGuid():N}")).FullName;
        _connectionsMax = connectionsMax;
    }

    public static bool IsInstalled => PostgresFiles.Folder is not null;

    /// <summary>Where <c>pg_basebackup</c> and its like lie.</summary>
    public static string ProgramFolder => PostgresFiles.Folder ?? throw new InvalidOperationException(NotInstalled);

    /// <summary>The server's own database, with every right; anybody who reaches the port gets in.</summary>
    public string ConnectionString => ConnectionStringOf("postgres");

    /// <summary>The server's log.</summary>
    public string LogFile => Path.Combine(_folder, "log");

    public bool IsRunning => _watch is { IsRunning: true };

    /// <summary>Of the present run: all of the server's processes, those that have ended included.</summary>
    public TimeSpan ProcessorTime => Running.ProcessorTime;

    private PostgresWatch Running => IsRunning ? _watch! : throw new InvalidOperationException($"PostgreSQL is not running.{Environment.NewLine}{LogTail()}");

    /// <exception cref="InvalidOperationException">It is not installed, or did not accept connections in time.</exception>
    /// <param name="parent">Gets the server's folder; one that others may pass through, or null for the temporary one.</param>
    public static async Task<PostgresServer> StartAsync(string? parent = null, int connectionsMax = 100)
    {
        var server = new PostgresServer(parent ?? Path.GetTempPath(), connectionsMax);
        try
        {
            await server.InitializeAsync();
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts on the same data and port, and waits until the server accepts connections.</summary>
    public async Task StartAgainAsync()
    {
        if (IsRunning) throw new InvalidOperationException("PostgreSQL is already running.");
        _watch?.Dispose();
        _watch = await PostgresWatch.StartAsync(LogFile, [
            "-D", DataFolder, "-p", _port.ToString(CultureInfo.InvariantCulture), "-k", SocketFolder,
            "-c", "listen_addresses=127.0.0.1", "-c", $"max_connections={_connectionsMax}", "-c", "shared_buffers=128MB", "-c", "autovacuum=on",
            "-c", "logging_collector=off",
        ]);
        await WaitUntilAcceptingAsync();
    }

    /// <returns>The connection string of a database that nobody else uses.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await using var connection = new NpgsqlConnection(Unpooled);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await command.ExecuteNonQueryAsync();
        return ConnectionStringOf(name);
    }

    /// <summary>As an operator stops it: connections are cut off, what is committed is written down.</summary>
    public Task StopAsync() => Running.EndAsync(ProcessSignal.SIGINT);

    /// <summary>SIGKILL to all of the server's processes: no code of it runs after that.</summary>
    public Task KillAsync() => Running.KillAsync();

    /// <summary>Connections stay up, and nobody answers on them any more.</summary>
    public Task FreezeAsync()
    {
        Running.Freeze();
        return Task.CompletedTask;
    }

    public Task ThawAsync()
    {
        Running.Thaw();
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (IsRunning) await Running.EndAsync(ProcessSignal.SIGQUIT);
        _watch?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string DataFolder => Path.Combine(_folder, "private", "data");

    private string SocketFolder => Path.Combine(_folder, "private");

    private string Unpooled => new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false, Timeout = 5 }.ToString();

    private string ConnectionStringOf(string database) =>
        new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = _port, Username = SuperUser, Database = database }.ToString();

    private async Task InitializeAsync()
    {
        await PostgresUser.MakeFolderAsync(SocketFolder);
        await PostgresUser.RunAsync([
            .. PostgresUser.Become, PostgresFiles.Program("initdb"), "-D", DataFolder, "-U", SuperUser, "--auth=trust", "-E", "UTF8", "--no-locale",
            "--no-sync",
        ]);
    }

    private async Task WaitUntilAcceptingAsync()
    {
        using var limit = new CancellationTokenSource(StartTimeout);
        while (!limit.IsCancellationRequested && IsRunning)
        {
            try
            {
                await using var connection = new NpgsqlConnection(Unpooled);
                await connection.OpenAsync(limit.Token);
                return;
            }
            catch (Exception notYet) when (notYet is NpgsqlException or OperationCanceledException)
            {
                await Task.Delay(ProbeEvery, limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        throw new InvalidOperationException($"PostgreSQL did not accept connections within {StartTimeout.TotalSeconds} s.{Environment.NewLine}{LogTail()}");
    }

    private string LogTail() => File.Exists(LogFile) ? string.Join(Environment.NewLine, File.ReadLines(LogFile).TakeLast(20)) : "";
}
