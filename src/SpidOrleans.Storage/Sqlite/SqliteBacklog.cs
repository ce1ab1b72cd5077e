using Microsoft.Data.Sqlite;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.Sqlite;

/// <summary>Looks at the outbox; see <see cref="IBacklogReader"/>. Not for two at once.</summary>
internal sealed class SqliteBacklog(SqliteDatabase database, TimeProvider clock) : IBacklogReader
{
    private const string ReadLastSql = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0)";

    private const string MarkSql = "INSERT INTO outbox_mark (position, at) VALUES (?, ?) ON CONFLICT (position) DO UPDATE SET at = max(at, excluded.at)";

    // The mark before the oldest row of all stays, and whatever follows it.
    private const string ForgetSql =
        "DELETE FROM outbox_mark WHERE position < (SELECT max(position) FROM outbox_mark WHERE position < coalesce((SELECT min(position) FROM outbox), 9223372036854775807))";

    // Leaps from shard to shard. The index is named because nothing ever runs ANALYZE.
    private const string NextShardSql =
        "SELECT shard, position FROM outbox INDEXED BY outbox_by_shard WHERE shard > ? ORDER BY shard, position LIMIT 1";

    private const string CountSql =
        "SELECT count(*), max(position) FROM (SELECT position FROM outbox INDEXED BY outbox_by_shard WHERE shard = ? ORDER BY position LIMIT ?)";

    private const string NewestSql = "SELECT max(position) FROM outbox INDEXED BY outbox_by_shard WHERE shard = ?";

    private const string SinceSql =
        "SELECT coalesce((SELECT at FROM outbox_mark WHERE position < ? ORDER BY position DESC LIMIT 1), (SELECT at FROM outbox_mark ORDER BY position LIMIT 1), ?)";

    /// <summary>Rows of a shard that are counted, in its index alone.</summary>
    private const int CountedRows = 4_000;

    /// <summary>While nothing comes: after a crash of all silos, ages are too high by no more.</summary>
    private const long MarkedAgainMs = 60_000;

    private (long Position, long At)? _before;
    private long _markedAt;

    public async Task<IReadOnlyList<ShardBacklog>> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Before the question: what is drawn after it is no older.
            var now = NowMs;
            var last = await database.Reader.RunAsync(session => Number(session.Prepare(ReadLastSql)), cancellationToken);
            if (_before is not { } known || known.Position != last || now - _markedAt >= MarkedAgainMs)
            {
                await database.Writer.RunAsync(session => Mark(session, _before, (last, now)), cancellationToken);
                _markedAt = now;
            }

            _before = (last, now);
            return await database.Reader.RunAsync(Read, cancellationToken);
        }
        catch (SqliteException exception)
        {
            throw new OutboxUnavailableException($"'{database.Location.Path}' {SqliteFailure.Describe(exception)}", exception);
        }
        catch (Exception exception) when (exception is TimeoutException or StorageUnavailableException)
        {
            throw new OutboxUnavailableException(exception.Message, exception);
        }
    }

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private static bool Mark(SqliteSession session, (long Position, long At)? before, (long Position, long At) last)
    {
        session.Execute("BEGIN IMMEDIATE");
        if (before is { } one) session.Prepare(MarkSql).Bind(1, one.Position).Bind(2, one.At).Run();
        session.Prepare(MarkSql).Bind(1, last.Position).Bind(2, last.At).Run();
        session.Execute(ForgetSql);
        session.Execute("COMMIT");
        return true;
    }

    private List<ShardBacklog> Read(SqliteSession session)
    {
        var backlog = new List<ShardBacklog>();
        var now = NowMs;
        var next = session.Prepare(NextShardSql);
        for (var shard = ""; next.Bind(1, shard).Step();)
        {
            (shard, var first) = (next.Text(0), next.Int64(1));
            next.Reset();
            var count = session.Prepare(CountSql).Bind(1, shard).Bind(2, CountedRows);
            count.Step();
            var (counted, last) = (count.Int64(0), count.Int64(1));
            count.Reset();
            var newest = Number(session.Prepare(NewestSql).Bind(1, shard));
            var since = Number(session.Prepare(SinceSql).Bind(1, first).Bind(2, now));
            backlog.Add(new ShardBacklog(Shard.Parse(shard), ShardBacklog.Estimate(counted, first, last, newest), TimeSpan.FromMilliseconds(Math.Max(0, now - since))));
        }

        next.Reset();
        return backlog;
    }

    private static long Number(SqliteStatement statement)
    {
        statement.Step();
        var number = statement.Int64(0);
        statement.Reset();
        return number;
    }
}
