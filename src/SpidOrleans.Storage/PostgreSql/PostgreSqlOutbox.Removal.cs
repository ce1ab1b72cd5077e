using Npgsql;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.PostgreSql;

internal sealed partial class PostgreSqlOutbox
{
    private const string LockSegmentSql = "SELECT shard, position, live, events, times, body FROM outbox WHERE shard = $1 AND position = $2 FOR UPDATE";

    private const string KeepSql =
        "INSERT INTO dead_letter (project, identity, time, payload, reason, refused_at) SELECT $1, identity, time, payload, reason, $2 "
        + "FROM unnest($3, $4, $5, $6) AS letter (identity, time, payload, reason)";

    private async Task<int> BuryAsync(NpgsqlConnection writer, BuryOperation operation, CancellationToken cancellationToken)
    {
        var letters = new List<(StoredEvent Event, string Reason)>();
        foreach (var segment in operation.Refused.GroupBy(row => row.Position / SegmentWriter.EventsMax).OrderBy(segment => segment.Key))
        {
            await using var command = new NpgsqlCommand(LockSegmentSql, writer) { Parameters = { Value(operation.Shard.Key), Value(segment.Key) } };
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var stored = await reader.ReadAsync(cancellationToken) ? EventsOf(reader).ToDictionary(item => item.Position) : [];
            foreach (var row in segment)
            {
                if (stored.Remove(row.Position, out var item)) letters.Add((item, row.Reason));
            }
        }

        if (letters.Count == 0) return 0;
        await using (var keep = new NpgsqlCommand(KeepSql, writer)
        {
            Parameters =
            {
                Value(operation.Shard.Project), Value(NowMs),
                Value(letters.Select(letter => letter.Event.Identity).ToArray()), Value(letters.Select(letter => letter.Event.TimeMs).ToArray()),
                Value(letters.Select(letter => Bytes(letter.Event.Payload)).ToArray()), Value(letters.Select(letter => letter.Reason).ToArray()),
            },
        }) await keep.ExecuteNonQueryAsync(cancellationToken);
        await new SegmentRemoval(letters.Select(letter => (letter.Event.Shard, letter.Event.Position))).CarryOutSinglyAsync(writer, cancellationToken);
        return letters.Count;
    }

    private static byte[] Bytes(ReadOnlyMemory<byte> memory) => memory.ToArray();
}
