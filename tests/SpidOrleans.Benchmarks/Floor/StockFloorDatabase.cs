using Microsoft.Data.Sqlite;

namespace SpidOrleans.Benchmarks.Floor;

/// <summary>How such a server is usually written: the driver pools the connections, and waits in its own way for a locked
/// file. Only the write-ahead log has been chosen, once, since it belongs to the file.</summary>
internal sealed class StockFloorDatabase : IFloorDatabase
{
    private const long Full = 2;

    private readonly string _connectionString;

    public StockFloorDatabase(string file)
    {
        _connectionString = $"Data Source={file}";
        using var connection = new SqliteConnection(_connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL; " + FloorTable.Create;
        command.ExecuteNonQuery();
        // SQLite's default: no request has to pay for setting it.
        command.CommandText = "PRAGMA synchronous";
        if (command.ExecuteScalar() is not Full) throw new InvalidOperationException("A commit would not wait for the disk.");
    }

    public async Task InsertAsync(string visitorId, string name, string properties)
    {
        await using var connection = new SqliteConnection(_connectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = FloorTable.Insert;
        command.Parameters.AddWithValue("$visitor", visitorId);
        command.Parameters.AddWithValue("$name", name);
        command.Parameters.AddWithValue("$time", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        command.Parameters.AddWithValue("$insertId", Guid.NewGuid().ToString());
        command.Parameters.AddWithValue("$properties", properties);
        await command.ExecuteNonQueryAsync();
    }

    public void Dispose() => SqliteConnection.ClearAllPools();
}
