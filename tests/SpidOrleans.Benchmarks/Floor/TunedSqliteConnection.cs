using Microsoft.Data.Sqlite;

namespace SpidOrleans.Benchmarks.Floor;

/// <summary>An open connection with its prepared <c>INSERT</c>, which outside a transaction is one.</summary>
internal sealed class TunedSqliteConnection : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;

    public TunedSqliteConnection(string connectionString)
    {
        _connection = new SqliteConnection(connectionString);
        _connection.Open();
        // SQLite waits for the lock itself, in steps of a few milliseconds: the driver's own retry sleeps 150.
        Execute("PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
        _insert = _connection.CreateCommand();
    }

    public void CreateTable() => Execute(SqliteTable.Create);

    public void Insert(FloorEvent one)
    {
        if (_insert.Parameters.Count == 0) Prepare();
        _insert.Parameters[0].Value = one.Visitor;
        _insert.Parameters[1].Value = one.Name;
        _insert.Parameters[2].Value = one.Time;
        _insert.Parameters[3].Value = one.InsertId;
        _insert.Parameters[4].Value = one.Properties;
        _insert.ExecuteNonQuery();
    }

    public void Dispose()
    {
        _insert.Dispose();
        _connection.Dispose();
    }

    private void Prepare()
    {
        _insert.CommandText = SqliteTable.Insert;
        foreach (var name in (string[])["$visitor", "$name", "$time", "$insertId", "$properties"])
            _insert.Parameters.Add(new SqliteParameter { ParameterName = name });
    }

    private void Execute(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
