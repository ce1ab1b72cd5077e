using Npgsql;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>Looks at the outbox; see <see cref="IBacklogReader"/>. Not for two at once.</summary>
internal sealed class PostgreSqlBacklog(PostgreSqlDatabase database, TimeProvider clock) : IBacklogReader
{
    private const string ReadLastSql = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM outbox_position";

    // Silos look in turn: of one position the latest word counts.
    private const string MarkSql =
        """
        INSERT INTO outbox_mark (position, at) SELECT * FROM unnest($1, $2)
        ON CONFLICT (position) DO UPDATE SET at = greatest(outbox_mark.at, excluded.at)
        """;

    // The mark before the oldest row of all stays, and whatever follows it.
    private const string ForgetSql =
        """
        DELETE FROM outbox_mark WHERE position < (
          SELECT max(position) FROM outbox_mark WHERE position < coalesce((SELECT min(position) FROM unnest($1) AS oldest (position)), 9223372036854775807))
        """;

    // Leaps from shard to shard; of each it reads the oldest segments and the newest, however many there are.
    private const string LookSql =
        """
        WITH RECURSIVE found (shard, oldest) AS (
          (SELECT shard, position FROM outbox ORDER BY shard, position LIMIT 1)
          UNION ALL
          SELECT next.shard, next.position FROM found, LATERAL (
            SELECT shard, position FROM outbox WHERE outbox.shard > found.shard ORDER BY shard, position LIMIT 1) AS next)
        SELECT found.shard, found.oldest, counted.events, counted.last,
          (SELECT position FROM outbox WHERE outbox.shard = found.shard ORDER BY position DESC LIMIT 1) AS newest,
          coalesce(
            (SELECT at FROM outbox_mark WHERE position < found.oldest ORDER BY position DESC LIMIT 1),
            (SELECT at FROM outbox_mark ORDER BY position LIMIT 1)) AS since
        FROM found, LATERAL (
          SELECT sum(bit_count(live::bit(64))) AS events, max(position) AS last
          FROM (SELECT live, position FROM outbox WHERE outbox.shard = found.shard ORDER BY position LIMIT $1) AS oldest) AS counted
        """;

    /// <summary>Segments of a shard that are counted; a page each, at most.</summary>
    private const int CountedSegments = 128;

    /// <summary>While nothing comes: after a crash of all silos, ages are too high by no more.</summary>
    private const long MarkedAgainMs = 60_000;

    private (long Position, long At)? _before;
    private long _markedAt;

    public async Task<IReadOnlyList<ShardBacklog>> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.Source.OpenConnectionAsync(cancellationToken);
            await MarkAsync(connection, cancellationToken);
            return await ReadAsync(connection, cancellationToken);
        }
        catch (Exception exception) when (PostgreSqlFailure.IsFailure(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw new OutboxUnavailableException($"'{database.Name}' {PostgreSqlFailure.Describe(exception)}", exception);
        }
    }

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task MarkAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var ask = new NpgsqlCommand(ReadLastSql, connection);
        // Before the question: what is drawn after it is no older.
        var now = NowMs;
        var last = (long)(await ask.ExecuteScalarAsync(cancellationToken))!;
        if (_before is not { } known || known.Position != last || now - _markedAt >= MarkedAgainMs)
        {
            // One statement may not say two things of one position.
            (long Position, long At)[] marks = _before is { } before && before.Position != last ? [before, (last, now)] : [(last, now)];
            await using var mark = new NpgsqlCommand(MarkSql, connection);
            mark.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. marks.Select(one => one.Position)] });
            mark.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. marks.Select(one => one.At)] });
            await mark.ExecuteNonQueryAsync(cancellationToken);
            _markedAt = now;
        }

        _before = (last, now);
    }

    private async Task<IReadOnlyList<ShardBacklog>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var backlog = new List<ShardBacklog>();
        var oldest = new List<long>();
        await using (var look = new NpgsqlCommand(LookSql, connection) { Parameters = { new NpgsqlParameter<int> { TypedValue = CountedSegments } } })
        {
            await using var reader = await look.ExecuteReaderAsync(cancellationToken);
            var now = NowMs;
            while (await reader.ReadAsync(cancellationToken))
            {
                oldest.Add(reader.GetInt64(1));
                var since = reader.IsDBNull(5) ? now : reader.GetInt64(5);
                backlog.Add(new ShardBacklog(
                    Shard.Parse(reader.GetString(0)),
                    ShardBacklog.Estimate(reader.GetInt64(2), reader.GetInt64(1), reader.GetInt64(3), reader.GetInt64(4)),
                    TimeSpan.FromMilliseconds(Math.Max(0, now - since))));
            }
        }

        await using var forget = new NpgsqlCommand(ForgetSql, connection) { Parameters = { new NpgsqlParameter<long[]> { TypedValue = [.. oldest] } } };
        await forget.ExecuteNonQueryAsync(cancellationToken);
        return backlog;
    }
}
