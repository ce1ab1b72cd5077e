using Npgsql;

namespace SpidOrleans.Benchmarks.Floor;

/// <summary>
/// The one table of every floor on PostgreSQL: rows as the silo's, and no index, since a floor never reads them. Statements
/// are prepared by the driver when it has met them twice, and a connection that goes back to the pool is left as it is.
/// </summary>
internal static class PostgresTable
{
    /// <summary>More would only queue in the server, which has a process for each.</summary>
    private const int PoolMax = 64;

    private const string InsertOne = "INSERT INTO event (visitor, name, time, insert_id, properties) VALUES ($1, $2, $3, $4, $5)";
    private const string InsertMany = "INSERT INTO event (visitor, name, time, insert_id, properties) SELECT * FROM unnest($1, $2, $3, $4, $5)";

    /// <exception cref="InvalidOperationException">A commit would not wait for the disk.</exception>
    public static async Task<NpgsqlDataSource> OpenAsync(string connectionString)
    {
        var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxPoolSize = PoolMax,
            MaxAutoPrepare = 10,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
        });
        await using var durable = source.CreateCommand("SELECT current_setting('fsync') || ' ' || current_setting('synchronous_commit')");
        if (await durable.ExecuteScalarAsync() is not "on on") throw new InvalidOperationException("A commit would not wait for the disk.");
        await using var create = source.CreateCommand(
            "CREATE TABLE event (visitor text NOT NULL, name text NOT NULL, time bigint NOT NULL, insert_id text NOT NULL, properties bytea NOT NULL)");
        await create.ExecuteNonQueryAsync();
        return source;
    }

    /// <summary>One statement, and by itself one transaction.</summary>
    public static async Task InsertAsync(NpgsqlDataSource source, IReadOnlyList<FloorEvent> events)
    {
        await using var command = source.CreateCommand(events.Count == 1 ? InsertOne : InsertMany);
        if (events.Count == 1)
        {
            Add(events[0].Visitor);
            Add(events[0].Name);
            Add(events[0].Time);
            Add(events[0].InsertId);
            Add(events[0].Properties);
        }
        else
        {
            Add(Column(one => one.Visitor));
            Add(Column(one => one.Name));
            Add(Column(one => one.Time));
            Add(Column(one => one.InsertId));
            Add(Column(one => one.Properties));
        }

        await command.ExecuteNonQueryAsync();

        void Add<T>(T value) => command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });

        T[] Column<T>(Func<FloorEvent, T> value)
        {
            var column = new T[events.Count];
            for (var i = 0; i < column.Length; i++) column[i] = value(events[i]);
            return column;
        }
    }
}
