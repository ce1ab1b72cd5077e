using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.Sqlite;

internal sealed partial class SqliteOutbox
{
    private const string ReadLettersSql =
        """
        SELECT id, identity, coalesce(nullif((SELECT successor FROM closed_identity WHERE closed_identity.identity = dead_letter.identity), ''), identity),
          time, payload, reason, refused_at
        FROM dead_letter INDEXED BY dead_letter_by_project
        WHERE project = ? AND id > ? AND id <= ? AND refused_at >= ? AND refused_at < ? AND instr(reason, ?) > 0
        ORDER BY id LIMIT ?
        """;

    private const string ReadLastLetterSql = "SELECT coalesce(max(id), 0) FROM dead_letter INDEXED BY dead_letter_by_project WHERE project = ?";

    private const string CountLettersSql = "SELECT project, count(*) FROM dead_letter INDEXED BY dead_letter_by_project GROUP BY project";

    private const string ReadLettersBeforeSql =
        "SELECT project, id FROM dead_letter INDEXED BY dead_letter_by_age WHERE refused_at < ? ORDER BY refused_at LIMIT ?";

    private const string TakeLetterSql = "DELETE FROM dead_letter WHERE id = ? AND project = ?";

    public Task<IReadOnlyList<StoredLetter>> ReadLettersAsync(LetterRange range, CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<StoredLetter>>(database => database.Reader, session => ReadLetters(session, range), cancellationToken);

    public Task<long> ReadLastLetterAsync(string project, CancellationToken cancellationToken) =>
        AskAsync(database => database.Reader, session => ReadAll(session.Prepare(ReadLastLetterSql).Bind(1, project), row => row.Int64(0))[0], cancellationToken);

    public Task<IReadOnlyDictionary<string, long>> CountLettersAsync(CancellationToken cancellationToken) => AskAsync<IReadOnlyDictionary<string, long>>(
        database => database.Reader,
        session => ReadAll(session.Prepare(CountLettersSql), row => (Project: row.Text(0), Count: row.Int64(1))).ToDictionary(row => row.Project, row => row.Count),
        cancellationToken);

    public Task<IReadOnlyList<(string Project, long Id)>> ReadLettersBeforeAsync(long refusedBeforeMs, int max, CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<(string, long)>>(
            database => database.Reader,
            session => ReadAll(session.Prepare(ReadLettersBeforeSql).Bind(1, refusedBeforeMs).Bind(2, max), row => (row.Text(0), row.Int64(1))),
            cancellationToken);

    private static List<StoredLetter> ReadLetters(SqliteSession session, in LetterRange range)
    {
        var letters = new List<StoredLetter>();
        long bytes = 0;
        var statement = session.Prepare(ReadLettersSql)
            .Bind(1, range.Project).Bind(2, range.After).Bind(3, range.Until).Bind(4, range.FromMs).Bind(5, range.ToMs).Bind(6, range.Reason).Bind(7, range.RowsMax);
        while (statement.Step())
        {
            bytes += statement.Bytes(4);
            if (bytes > range.BytesMax && letters.Count > 0) break;
            letters.Add(new StoredLetter(
                statement.Int64(0), statement.Text(1), statement.Text(2), statement.Int64(3), statement.Blob(4), statement.Text(5), statement.Int64(6)));
        }

        statement.Reset();
        return letters;
    }

    private static List<long> Replay(SqliteSession session, ReplayOperation operation)
    {
        var replayed = new List<long>();
        foreach (var letter in operation.Letters)
        {
            if (IsClosed(session, letter.Target) || !Take(session, operation.Project, letter.Id)) continue;
            var lane = operation.LaneOf(letter);
            Insert(PrepareInsert(session, lane.Shard, lane.Identity), letter.Event);
            replayed.Add(letter.Id);
        }

        return replayed;
    }

    private static int Discard(SqliteSession session, DiscardOperation operation) => operation.Ids.Count(id => Take(session, operation.Project, id));

    private static bool Take(SqliteSession session, string project, long id) => session.Prepare(TakeLetterSql).Bind(1, id).Bind(2, project).Run() > 0;

    private static List<T> ReadAll<T>(SqliteStatement statement, Func<SqliteStatement, T> row)
    {
        var rows = new List<T>();
        while (statement.Step()) rows.Add(row(statement));
        return rows;
    }
}
