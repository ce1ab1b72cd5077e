namespace SpidOrleans.Storage.Sqlite;

/// <summary>Where the SQLite file is and how long to wait for it.</summary>
public sealed class SqliteStorageOptions
{
    /// <summary><c>Storage:ConnectionString</c>: names a file, in a folder that is made if missing. Never a memory
    /// database: what is acknowledged must outlive the process.</summary>
    public string ConnectionString { get; set; } = "Data Source=data/spidorleans.db";

    /// <summary>How long to wait for another program (a backup, the sqlite3 shell) that holds the file: less refuses
    /// requests sooner, more lets them queue. Default and ceiling 5 s, below the outbox's own commit time-out.</summary>
    public TimeSpan BusyTimeout { get; set; } = BusyTimeoutMax;

    public static readonly TimeSpan BusyTimeoutMax = TimeSpan.FromSeconds(5);
}
