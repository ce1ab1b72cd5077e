using Npgsql;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.PostgreSql;

internal sealed partial class PostgreSqlOutbox
{
    // Weighed there: what is not taken shall not cross the network.
    private const string ReadLettersSql =
        """
        SELECT id, identity, coalesce(nullif((SELECT successor FROM closed_identity WHERE closed_identity.identity = letter.identity OFFSET 0), ''), identity),
          time, payload, reason, refused_at
        FROM (
          SELECT *, sum(octet_length(payload)) OVER oldest AS bytes, row_number() OVER oldest AS number
          FROM dead_letter
          WHERE project = $1 AND id > $2 AND id <= $3 AND refused_at >= $4 AND refused_at < $5 AND strpos(reason, $6) > 0
          WINDOW oldest AS (ORDER BY id ROWS UNBOUNDED PRECEDING)
          ORDER BY id LIMIT $7) AS letter
        WHERE bytes <= $8 OR number = 1
        ORDER BY id
        """;

    private const string ReadLastLetterSql = "SELECT coalesce(max(id), 0) FROM dead_letter WHERE project = $1";

    private const string CountLettersSql = "SELECT project, count(*) FROM dead_letter GROUP BY project";

    private const string ReadLettersBeforeSql = "SELECT project, id FROM dead_letter WHERE refused_at < $1 ORDER BY refused_at LIMIT $2";

    private const string FindClosedSql = "SELECT identity FROM closed_identity WHERE identity = ANY ($1)";

    private const string TakeLettersSql = "DELETE FROM dead_letter WHERE project = $1 AND id = ANY ($2) RETURNING id";

    public async Task<IReadOnlyList<StoredLetter>> ReadLettersAsync(LetterRange range, CancellationToken cancellationToken) => await ReadAllAsync(
        ReadLettersSql,
        reader => new StoredLetter(
            reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetFieldValue<byte[]>(4), reader.GetString(5), reader.GetInt64(6)),
        cancellationToken, Value(range.Project), Value(range.After), Value(range.Until), Value(range.FromMs), Value(range.ToMs), Value(range.Reason),
        Value(range.RowsMax), Value((long)range.BytesMax));

    public async Task<long> ReadLastLetterAsync(string project, CancellationToken cancellationToken) =>
        (await ReadAllAsync(ReadLastLetterSql, reader => reader.GetInt64(0), cancellationToken, Value(project)))[0];

    public async Task<IReadOnlyDictionary<string, long>> CountLettersAsync(CancellationToken cancellationToken) =>
        (await ReadAllAsync(CountLettersSql, reader => (Project: reader.GetString(0), Count: reader.GetInt64(1)), cancellationToken))
        .ToDictionary(row => row.Project, row => row.Count);

    public async Task<IReadOnlyList<(string Project, long Id)>> ReadLettersBeforeAsync(long refusedBeforeMs, int max, CancellationToken cancellationToken) =>
        await ReadAllAsync(ReadLettersBeforeSql, reader => (reader.GetString(0), reader.GetInt64(1)), cancellationToken, Value(refusedBeforeMs), Value(max));

    private async Task<IReadOnlyList<long>> ReplayAsync(NpgsqlConnection writer, ReplayOperation operation, CancellationToken cancellationToken)
    {
        var closed = await AskAsync(
            writer, FindClosedSql, reader => reader.GetString(0), cancellationToken,
            Value(operation.Letters.Select(letter => ClosedIdentity.KeyOf(letter.Target)).Distinct().ToArray()));
        var open = operation.Letters.Where(letter => !closed.Contains(ClosedIdentity.KeyOf(letter.Target))).ToList();
        var taken = (await AskAsync(
            writer, TakeLettersSql, reader => reader.GetInt64(0), cancellationToken,
            Value(operation.Project), Value(open.Select(letter => letter.Id).ToArray()))).ToHashSet();
        if (taken.Count == 0) return [];

        var segments = new SegmentWriter(IsBehind);
        var replayed = open.Where(letter => taken.Contains(letter.Id)).ToList();
        foreach (var letter in replayed)
        {
            var lane = operation.LaneOf(letter);
            segments.Add(lane.Shard.Key, new SegmentEvent(lane.Identity, letter.Event.TimeMs, letter.Event.Payload));
        }

        await using var insert = new NpgsqlBatch(writer) { BatchCommands = { Insert(segments) } };
        await insert.ExecuteNonQueryAsync(cancellationToken);
        return [.. replayed.Select(letter => letter.Id)];
    }

    private static async Task<int> DiscardAsync(NpgsqlConnection writer, DiscardOperation operation, CancellationToken cancellationToken) =>
        (await AskAsync(writer, TakeLettersSql, reader => reader.GetInt64(0), cancellationToken, Value(operation.Project), Value(operation.Ids.ToArray()))).Count;

    /// <summary>In the writer's transaction.</summary>
    private static async Task<List<T>> AskAsync<T>(
        NpgsqlConnection writer, string sql, Func<NpgsqlDataReader, T> row, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        var rows = new List<T>();
        await using var command = new NpgsqlCommand(sql, writer);
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) rows.Add(row(reader));
        return rows;
    }
}
