using Npgsql;
using SpidOrleans.Cluster;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Storage.PostgreSql;

internal sealed partial class PostgreSqlOutbox
{
    // Also of segments in which nothing of theirs waits any more: what was delivered lies there until the last event is.
    internal static readonly string[] LockSegmentsOfSql =
    [
        "SELECT shard, position, live, events, times, body FROM outbox WHERE shard || '' = ANY ($2) AND is_indexed AND lanes && $1 FOR UPDATE",
        "SELECT shard, position, live, events, times, body FROM outbox WHERE shard || '' = ANY ($2) AND NOT is_indexed AND lanes && $1 FOR UPDATE",
    ];

    private const string RewriteSql = "UPDATE outbox SET live = $3, bytes = $4, lanes = $5, times = $6, body = $7 WHERE shard = $1 AND position = $2";

    private const string RemoveSegmentSql = "DELETE FROM outbox WHERE shard = $1 AND position = $2";

    private const string ReadVisitorsSql = "SELECT identity FROM closed_identity WHERE successor = $1";

    private const string IsClosedSql = "SELECT 1 FROM closed_identity WHERE identity = $1";

    private const string ReadLettersOfSql = "SELECT id, identity, payload FROM dead_letter WHERE identity = ANY ($1)";

    private const string EraseLettersSql = "DELETE FROM dead_letter WHERE id = ANY ($1)";

    private const string EraseStatesSql =
        "DELETE FROM orleans_state WHERE service = $1 AND state = '" + SpidCluster.UserState + "' AND n0 = 0 AND n1 = 0 AND extension = ANY ($2)";

    // A higher version: whoever has the state in memory finds that it is another one.
    private const string BuryStatesSql =
        $"""
        INSERT INTO orleans_state (service, state, n0, n1, extension, version, payload)
        SELECT $1, '{SpidCluster.VisitorState}', 0, 0, visitor, 1, $3 FROM unnest($2) AS erased (visitor)
        ON CONFLICT (service, state, n0, n1, extension) DO UPDATE SET version = orleans_state.version + 1, payload = excluded.payload
        """;

    private const string CloseForEverSql =
        "INSERT INTO closed_identity (identity, successor, moved) SELECT identity, '', 0 FROM unnest($1) AS erased (identity) "
        + "ON CONFLICT (identity) DO UPDATE SET successor = '', moved = 0";

    private const string AskDeletionSql =
        "INSERT INTO deletion (project, ids, attempts, due_at, asked_at) SELECT project, ids, 0, $3, $3 FROM unnest($1, $2) AS asked (project, ids)";

    private const string KeepDeletionSql = "UPDATE deletion SET task = nullif($2, ''), attempts = $3, due_at = $4 WHERE id = $1";

    private const string ForgetDeletionSql = "DELETE FROM deletion WHERE id = $1";

    private const string ReadDeletionsSql =
        "SELECT id, project, ids, task, attempts, due_at FROM deletion WHERE project = $1 AND due_at <= $2 ORDER BY due_at LIMIT $3";

    private const string ReadDeletionProjectsSql = "SELECT DISTINCT project FROM deletion WHERE due_at <= $1";

    public async Task<bool> IsErasedAsync(UserId user, CancellationToken cancellationToken) =>
        (await ReadAllAsync(IsClosedSql, _ => true, cancellationToken, Value(ClosedIdentity.KeyOf(user.Key)))).Count > 0;

    public async Task<IReadOnlyList<string>> ReadVisitorsAsync(UserId user, CancellationToken cancellationToken) =>
        await ReadAllAsync(ReadVisitorsSql, reader => reader.GetString(0), cancellationToken, Value(user.Key));

    public async Task<IReadOnlyList<Deletion>> ReadDeletionsAsync(string project, long dueMs, int max, CancellationToken cancellationToken) => await ReadAllAsync(
        ReadDeletionsSql,
        reader => new Deletion(
            reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.IsDBNull(3) ? null : reader.GetString(3), reader.GetInt32(4), reader.GetInt64(5)),
        cancellationToken, Value(project), Value(dueMs), Value(max));

    public async Task<IReadOnlyList<string>> ReadDeletionProjectsAsync(long dueMs, CancellationToken cancellationToken) =>
        await ReadAllAsync(ReadDeletionProjectsSql, reader => reader.GetString(0), cancellationToken, Value(dueMs));

    private async Task<Erased> EraseAsync(NpgsqlConnection writer, EraseOperation operation, CancellationToken cancellationToken)
    {
        if (operation.Erasure is { User: { } user, IsOfPendingOnly: false })
        {
            var own = await AskAsync(writer, ReadVisitorsSql, reader => reader.GetString(0), cancellationToken, Value(user.Key));
            if (own.Except(operation.Visitors).Any()) return new Erased(IsComplete: false);
        }

        var events = await EraseEventsAsync(writer, operation, cancellationToken) + await EraseHeldAsync(writer, operation, cancellationToken);
        var letters = await EraseLettersAsync(writer, operation, cancellationToken);
        if (operation.Erasure.IsOfPendingOnly) return new Erased(IsComplete: true, events, letters);
        var deletions = operation.Erasure.Deletions;
        await using var end = new NpgsqlBatch(writer)
        {
            BatchCommands =
            {
                Command(EraseStatesSql, Value(service), Value(operation.Identities)),
                Command(BuryStatesSql, Value(service), Value(operation.Visitors), Value(operation.Erasure.Tombstone.ToArray())),
                Command(CloseForEverSql, Value(operation.Closed)),
                Command(AskDeletionSql, Value(deletions.Select(asked => asked.Project).ToArray()), Value(deletions.Select(asked => asked.Ids).ToArray()), Value(NowMs)),
            },
        };
        await end.ExecuteNonQueryAsync(cancellationToken);
        return new Erased(IsComplete: true, events, letters);
    }

    /// <returns>How many waited.</returns>
    private static async Task<int> EraseEventsAsync(NpgsqlConnection writer, EraseOperation operation, CancellationToken cancellationToken)
    {
        string[] identities = [.. operation.Identities, .. operation.OwnerLanes];
        var shards = new HashSet<string>();
        foreach (var (project, count) in await AskAsync(writer, ReadProjectsSql, reader => (reader.GetString(0), reader.GetInt32(1)), cancellationToken))
            shards.UnionWith(identities.Select(identity => Lane.Of(project, identity, count).Shard.Key));
        var segments = await LookAsync(
            writer, LockSegmentsOfSql, Array.ConvertAll(identities, SegmentBody.LaneOf), [.. shards], SegmentErasure.Read, cancellationToken);

        var events = 0;
        await using var batch = new NpgsqlBatch(writer);
        foreach (var segment in segments)
        {
            if (segment.Without(operation.Takes) is not { } left) continue;
            events += segment.Waiting - left.Waiting;
            batch.BatchCommands.Add(left.Waiting == 0
                ? Command(RemoveSegmentSql, Value(left.Shard), Value(left.Position))
                : Command(
                    RewriteSql, Value(left.Shard), Value(left.Position), Value(left.Live), Value(left.Bytes), Value(left.Lanes), Value(left.Times), Value(left.Body)));
        }

        if (batch.BatchCommands.Count > 0) await batch.ExecuteNonQueryAsync(cancellationToken);
        return events;
    }

    private static async Task<int> EraseLettersAsync(NpgsqlConnection writer, EraseOperation operation, CancellationToken cancellationToken)
    {
        string[] identities = [.. operation.Identities, .. operation.OwnerLanes];
        var letters = await AskAsync(
            writer, ReadLettersOfSql, reader => (Id: reader.GetInt64(0), Identity: reader.GetString(1), Payload: reader.GetFieldValue<byte[]>(2)), cancellationToken,
            Value(identities));
        long[] gone = [.. letters.Where(letter => operation.Takes(letter.Identity, letter.Payload)).Select(letter => letter.Id)];
        if (gone.Length == 0) return 0;
        await using var erase = new NpgsqlCommand(EraseLettersSql, writer) { Parameters = { Value(gone) } };
        return await erase.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<bool> KeepAsync(NpgsqlConnection writer, DeletionOperation operation, CancellationToken cancellationToken)
    {
        var deletion = operation.Deletion;
        await using var command = operation.IsDone
            ? new NpgsqlCommand(ForgetDeletionSql, writer) { Parameters = { Value(deletion.Id) } }
            : new NpgsqlCommand(KeepDeletionSql, writer)
            {
                Parameters = { Value(deletion.Id), Value(deletion.Task ?? ""), Value(deletion.Attempts), Value(deletion.DueAtMs) },
            };
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();
}
