using Microsoft.Data.Sqlite;

namespace SpidOrleans.Benchmarks.Floor;

/// <summary>How such a server is usually written: the driver pools the connections, and waits in its own way for a locked
/// file. Only the write-ahead log has been chosen, once, since it belongs to the file.</summary>
internal sealed class StockSqliteFloor : IFloor
{
    private const long Full = 2;

    private readonly string _connectionString;

    public StockSqliteFloor(string file)
    {
        _connectionString = $"Data Source={file}";
        using var connection = new SqliteConnection(_connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL; " + SqliteTable.Create;
        command.ExecuteNonQuery();
        // SQLite's default: no request has to pay for setting it.
        command.CommandText = "PRAGMA synchronous";
        if (command.ExecuteScalar() is not Full) throw new InvalidOperationException("A commit would not wait for the disk.");
    }

    public async Task InsertAsync(IReadOnlyList<FloorEvent> events)
    {
        foreach (var one in events)
        {
            await using var connection = new SqliteConnection(_connectionString);
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = SqliteTable.Insert;
            command.Parameters.AddWithValue("$visitor", one.Visitor);
            command.Parameters.AddWithValue("$name", one.Name);
            command.Parameters.AddWithValue("$time", one.Time);
            command.Parameters.AddWithValue("$insertId", one.InsertId);
            command.Parameters.AddWithValue("$properties", one.Properties);
            await command.ExecuteNonQueryAsync();
        }
    }

    public ValueTask DisposeAsync()
    {
        SqliteConnection.ClearAllPools();
        return ValueTask.CompletedTask;
    }
}
