using Npgsql;

namespace SpidOrleans.TestKit.Postgres;

/// <summary>Which tables of a database are written to, as the server's own log has it: every row that is changed or locked, and
/// every number drawn from a sequence but for a few in between, is in there before the statement has ended. (The counters of
/// <c>pg_stat_…</c> come seconds later and know neither sequences nor locks.) Needs <c>pg_walinspect</c>, which comes with PostgreSQL
/// 15 and later.</summary>
public sealed class WriteAheadLog : IAsyncDisposable
{
    private const string MarkSql = "SELECT pg_logical_emit_message(true, 'test', 'mark')::text";

    // Indexes and out-of-line values count as their table. The system's own tables, which PostgreSQL cleans when it likes, do not
    // count, nor does a page that a reader has only marked (in the log where checksums are on).
    private const string ReadSql =
        """
        WITH own AS (
          SELECT pg_relation_filenode(part.oid) AS file, whole.relname AS name
          FROM pg_class AS part
          LEFT JOIN pg_index ON indexrelid = part.oid
          LEFT JOIN pg_class AS owner ON owner.reltoastrelid = part.oid
          JOIN pg_class AS whole ON whole.oid = coalesce(indrelid, owner.oid, part.oid)
          WHERE whole.relnamespace = 'public'::regnamespace)
        SELECT own.name, count(*)
        FROM pg_get_wal_records_info($1::pg_lsn, $2::pg_lsn) AS record
        CROSS JOIN LATERAL regexp_matches(record.block_ref, 'rel \d+/(\d+)/(\d+)', 'g') AS block
        JOIN own ON own.file = block[2]::oid
        JOIN pg_database AS here ON here.datname = current_database() AND here.oid = block[1]::oid
        WHERE record.record_type <> 'FPI_FOR_HINT'
        GROUP BY own.name
        """;

    private readonly NpgsqlConnection _connection;
    private string _mark = "";

    private WriteAheadLog(NpgsqlConnection connection) => _connection = connection;

    /// <summary>Begins to watch.</summary>
    public static async Task<WriteAheadLog> OpenAsync(string connectionString)
    {
        var log = new WriteAheadLog(new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ToString()));
        try
        {
            await log._connection.OpenAsync();
            await using var extend = new NpgsqlCommand("CREATE EXTENSION pg_walinspect", log._connection);
            await extend.ExecuteNonQueryAsync();
            log._mark = await log.SetMarkAsync();
            return log;
        }
        catch
        {
            await log.DisposeAsync();
            throw;
        }
    }

    /// <returns>The tables and sequences that were written to since the last call, each with its number of records.</returns>
    public async Task<IReadOnlyDictionary<string, long>> ReadNextAsync()
    {
        // A commit of our own comes last: what was written before it is on disk by then.
        var (from, to) = (_mark, _mark = await SetMarkAsync());
        await using var command = new NpgsqlCommand(ReadSql, _connection);
        command.Parameters.Add(new NpgsqlParameter { Value = from, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Unknown });
        command.Parameters.Add(new NpgsqlParameter { Value = to, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Unknown });
        var writes = new Dictionary<string, long>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) writes.Add(reader.GetString(0), reader.GetInt64(1));
        return writes;
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task<string> SetMarkAsync()
    {
        await using var command = new NpgsqlCommand(MarkSql, _connection);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
