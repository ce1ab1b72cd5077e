using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SpidOrleans.Storage.Sqlite;

/// <summary>An open connection with its prepared statements; the property of one <see cref="SqliteThread"/>.</summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly LentConnection _connection;
    private readonly Dictionary<string, SqliteStatement> _statements = [];

    private SqliteSession(LentConnection connection) => _connection = connection;

    /// <summary>For code that wants a connection of its own: closing or disposing it does nothing.</summary>
    public SqliteConnection Connection => _connection;

    private sqlite3 Database => _connection.Handle!;

    public long LastInsertedRow => raw.sqlite3_last_insert_rowid(Database);

    public bool InTransaction => raw.sqlite3_get_autocommit(Database) == 0;

    /// <param name="connectionString">Without pooling: a session in doubt must really close.</param>
    /// <param name="pragmas">One statement each; all of them hold for this connection alone or for the file.</param>
    public static SqliteSession Open(string connectionString, IEnumerable<string> pragmas)
    {
        var session = new SqliteSession(new LentConnection(connectionString));
        try
        {
            session._connection.Open();
            foreach (var pragma in pragmas) session.Execute(pragma);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>The statement of this text, compiled once.</summary>
    public SqliteStatement Prepare(string sql)
    {
        if (_statements.TryGetValue(sql, out var statement)) return statement;
        return _statements[sql] = new SqliteStatement(Database, sql);
    }

    public void Execute(string sql) => Prepare(sql).Run();

    /// <summary>Ends readings that a failure has left open: they would pin the write-ahead log.</summary>
    public void ResetStatements()
    {
        foreach (var statement in _statements.Values) statement.Reset();
    }

    /// <summary>Runs a text of many statements, once.</summary>
    public void ExecuteScript(string sql)
    {
        using var command = _connection.CreateCommand();
        // Our own schema scripts are the only text that comes here.
#pragma warning disable CA2100
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values) statement.Dispose();
        _connection.Retire();
    }

    private sealed class LentConnection(string connectionString) : SqliteConnection(connectionString)
    {
        private bool _isRetired;

        public void Retire()
        {
            _isRetired = true;
            Dispose();
        }

        public override void Close()
        {
            if (_isRetired) base.Close();
        }

        protected override void Dispose(bool disposing)
        {
            if (_isRetired) base.Dispose(disposing);
        }
    }
}
