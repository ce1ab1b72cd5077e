using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace SpidOrleans.Storage.Sqlite;

/// <summary>
/// Gives Orleans' ADO.NET storage the connection of the thread it runs on. A connection of its own would compete for the
/// write lock, could have weaker settings, and each of its commits would empty the writer's page cache.
/// </summary>
internal sealed class SqliteStateSource(SqliteDatabase database) : DbDataSource
{
    public override string ConnectionString => database.Location.ConnectionString;

    protected override DbConnection CreateDbConnection() => new SqliteConnection(ConnectionString);

    protected override DbConnection OpenDbConnection()
    {
        if (SqliteThread.Current is { } session) return session.Connection;
        // Off our threads Orleans only reads its statements, once, when the silo starts.
        return base.OpenDbConnection();
    }

    protected override ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(OpenDbConnection());
}
