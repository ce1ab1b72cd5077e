using Microsoft.Data.Sqlite;

namespace SpidOrleans.Storage.Sqlite;

/// <summary>A checked connection string: the file it names, and the string our connections use.</summary>
internal sealed record SqliteLocation(string Path, string ConnectionString)
{
    public const string Key = "Storage:ConnectionString";

    /// <summary>As many as Linux follows; more are a circle.</summary>
    private const int LinksMax = 40;

    /// <exception cref="StorageUnavailableException">The string names no file that could hold anything durable.</exception>
    public static SqliteLocation Parse(string connectionString)
    {
        SqliteConnectionStringBuilder given;
        try
        {
            given = new SqliteConnectionStringBuilder(connectionString);
        }
        catch (ArgumentException exception)
        {
            throw new StorageUnavailableException($"{Key} is not a SQLite connection string: {exception.Message}", exception);
        }

        var file = given.DataSource;
        if (given.Mode == SqliteOpenMode.Memory || file is "" or ":memory:" || file.Contains("mode=memory", StringComparison.OrdinalIgnoreCase))
            throw new StorageUnavailableException($"{Key} names a database in memory, which would lose acknowledged events: name a file, as in 'Data Source=data/spidorleans.db'");
        if (file.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
            throw new StorageUnavailableException($"{Key} names the URI '{file}': name a plain path");
        if (given.Mode == SqliteOpenMode.ReadOnly)
            throw new StorageUnavailableException($"{Key} has Mode=ReadOnly: events could not be stored");

        // Two names of one file are one file to the process lock and to SQLite's log, which lie beside it.
        var linksLeft = LinksMax;
        var path = RealPath(System.IO.Path.GetFullPath(file), ref linksLeft);
        // Pooling would keep a connection alive that a thread has given up. One second is the least the driver knows; it
        // waits that long only after SQLite's own busy_timeout.
        var own = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Cache = SqliteCacheMode.Private,
            Pooling = false,
            DefaultTimeout = 1,
        };
        return new SqliteLocation(path, own.ConnectionString);
    }

    /// <summary>The path without symbolic links, whether or not its last parts exist.</summary>
    private static string RealPath(string path, ref int linksLeft)
    {
        if (System.IO.Path.GetDirectoryName(path) is not { } folder) return path;
        var real = System.IO.Path.Combine(RealPath(folder, ref linksLeft), System.IO.Path.GetFileName(path));
        if (new FileInfo(real).LinkTarget is not { } target) return real;
        if (linksLeft-- == 0) throw new StorageUnavailableException($"{Key}: '{path}' leads through more than {LinksMax} symbolic links");
        // A link may lead through others in every part of its path.
        return RealPath(System.IO.Path.GetFullPath(target, System.IO.Path.GetDirectoryName(real)!), ref linksLeft);
    }
}
