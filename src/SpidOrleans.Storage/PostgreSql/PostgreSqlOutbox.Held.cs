using Npgsql;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Storage.PostgreSql;

internal sealed partial class PostgreSqlOutbox
{
    // One look at the identities, as with an append: OFFSET 0 keeps each lookup one of its own.
    internal const string HoldSql =
        $"""
        WITH refused AS MATERIALIZED (
          SELECT number::integer FROM unnest($2, $3, $4, $5) WITH ORDINALITY AS wanted (closed, state, key, version, number)
          WHERE EXISTS (SELECT FROM closed_identity WHERE identity = wanted.closed OFFSET 0) OR {VersionSql} <> wanted.version),
        held AS (
          INSERT INTO held (project, identity, time, payload, held_at)
          SELECT project, identity, time, payload, $11
          FROM unnest($6, $7, $8, $9, $10) WITH ORDINALITY AS item (operation, project, identity, time, payload, number)
          WHERE operation NOT IN (SELECT number FROM refused) ORDER BY number)
        SELECT number FROM refused
        """;

    // Of wanted.state and wanted.key; $1 is the service.
    private const string VersionSql =
        "coalesce((SELECT version FROM orleans_state AS stored WHERE service = $1 AND stored.state = wanted.state AND n0 = 0 AND n1 = 0 AND extension = wanted.key OFFSET 0), 0)";

    private const string IsCurrentSql = $"SELECT {VersionSql} = wanted.version FROM unnest($2, $3, $4) AS wanted (state, key, version)";

    private const string InsertHeldSql =
        "INSERT INTO held (project, identity, time, payload, held_at) SELECT project, identity, time, payload, $5 "
        + "FROM unnest($1, $2, $3, $4) WITH ORDINALITY AS item (project, identity, time, payload, number) ORDER BY number";

    // Weighed there: what is not taken shall not cross the network. Each identity by itself, and then by the rows' addresses: a planner
    // who has seen the table empty would else walk through all of an index. Nobody moves them under the identities' lock.
    internal const string ReleaseSql =
        """
        DELETE FROM held WHERE ctid = ANY (ARRAY(
          SELECT address FROM (
            SELECT address, sum(octet_length(payload)) OVER oldest AS bytes, row_number() OVER oldest AS number
            FROM (
              SELECT own.id, own.address, own.payload
              FROM unnest($1) AS wanted (identity)
              CROSS JOIN LATERAL (SELECT id, ctid AS address, payload FROM held WHERE held.identity = wanted.identity ORDER BY identity, id LIMIT $2) AS own
              ORDER BY own.id LIMIT $2) AS found
            WINDOW oldest AS (ORDER BY id ROWS UNBOUNDED PRECEDING)) AS weighed
          WHERE bytes <= $3 OR number = 1))
        RETURNING id, project, identity, time, payload
        """;

    internal const string TakeHeldSql = "DELETE FROM held WHERE identity = $1 RETURNING id, project, identity, time, payload";

    internal const string LetGoSql =
        "DELETE FROM held WHERE ctid = ANY (ARRAY(SELECT ctid FROM held WHERE held_at < $1 ORDER BY held_at LIMIT $2 FOR UPDATE SKIP LOCKED))";

    internal const string ReadHeldSql =
        """
        SELECT id, payload FROM (
          SELECT id, payload, sum(octet_length(payload)) OVER oldest AS bytes, row_number() OVER oldest AS number
          FROM (SELECT id, payload FROM held WHERE identity = $1 AND project = $2 AND id > $3 ORDER BY identity, id LIMIT $4) AS held
          WINDOW oldest AS (ORDER BY id ROWS UNBOUNDED PRECEDING)) AS held
        WHERE bytes <= $5 OR number = 1
        ORDER BY id
        """;

    internal const string SummariseHeldSql = "SELECT count(*)::integer, max(time) FROM held WHERE identity = $1 AND project = coalesce($2, project)";

    internal const string EraseHeldSql = "DELETE FROM held WHERE identity = ANY ($1)";

    internal const string EraseNamedHeldSql =
        "DELETE FROM held WHERE identity = ANY ($1) AND EXISTS (SELECT FROM unnest($2) AS device (bytes) WHERE position(bytes IN payload) > 0 OFFSET 0)";

    public async Task<IReadOnlyList<OutboxRow>> ReadHeldAsync(Lane lane, long after, int rowsMax, int bytesMax, CancellationToken cancellationToken) =>
        await ReadAllAsync(
            ReadHeldSql, reader => new OutboxRow(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)), cancellationToken,
            Value(lane.Identity), Value(lane.Shard.Project), Value(after), Value(rowsMax), Value((long)bytesMax));

    /// <summary>All of a group, in one statement, before anything else of it: none of them is acknowledged yet.</summary>
    private async Task HoldAsync(NpgsqlConnection writer, List<HoldOperation> holds, CancellationToken cancellationToken)
    {
        var items = holds.SelectMany((hold, i) => hold.Events.Select(item => (Operation: i + 1, hold.Lane, Event: item))).ToList();
        var refused = await AskAsync(
            writer, HoldSql, reader => reader.GetInt32(0), cancellationToken, Value(service),
            Value(holds.ConvertAll(hold => ClosedIdentity.KeyOf(hold.Lane.Identity)).ToArray()), Value(holds.ConvertAll(hold => hold.State.State).ToArray()),
            Value(holds.ConvertAll(hold => hold.State.Key).ToArray()), Value(holds.ConvertAll(hold => hold.State.Version).ToArray()),
            Value(items.ConvertAll(item => item.Operation).ToArray()), Value(items.ConvertAll(item => item.Lane.Shard.Project).ToArray()),
            Value(items.ConvertAll(item => item.Lane.Identity).ToArray()), Value(items.ConvertAll(item => item.Event.TimeMs).ToArray()),
            Value(items.ConvertAll(item => item.Event.Payload.ToArray()).ToArray()), Value(NowMs));
        for (var i = 0; i < holds.Count; i++) holds[i].Result = !refused.Contains(i + 1);
    }

    private async Task<int> ReleaseAsync(NpgsqlConnection writer, ReleaseOperation operation, CancellationToken cancellationToken)
    {
        var released = await AskAsync(
            writer, ReleaseSql, ReadHeld, cancellationToken,
            Value(operation.Identities.ToArray()), Value(ReleaseOperation.RowsMax), Value((long)ReleaseOperation.BytesMax));
        var touched = new HashSet<Shard>();
        var segments = new SegmentWriter(IsBehind);
        foreach (var held in released.OrderBy(held => held.Id))
        {
            var lane = operation.LaneOf(held.Project, held.Identity);
            segments.Add(lane.Shard.Key, new SegmentEvent(lane.Identity, held.TimeMs, held.Payload));
            touched.Add(lane.Shard);
        }

        operation.Touched = touched;
        if (released.Count == 0) return 0;
        await using var insert = new NpgsqlBatch(writer) { BatchCommands = { Insert(segments) } };
        await insert.ExecuteNonQueryAsync(cancellationToken);
        return released.Count;
    }

    private NpgsqlBatchCommand InsertHeld(List<LaneEvent> items) => Command(
        InsertHeldSql, Value(items.ConvertAll(item => item.Lane.Shard.Project).ToArray()), Value(items.ConvertAll(item => item.Lane.Identity).ToArray()),
        Value(items.ConvertAll(item => item.Event.TimeMs).ToArray()), Value(items.ConvertAll(item => item.Event.Payload.ToArray()).ToArray()), Value(NowMs));

    private static async Task<IEnumerable<HeldRow>> TakeHeldAsync(NpgsqlConnection writer, string identity, CancellationToken cancellationToken) =>
        (await AskAsync(writer, TakeHeldSql, ReadHeld, cancellationToken, Value(identity))).OrderBy(held => held.Id);

    private async Task<bool> IsCurrentAsync(NpgsqlConnection writer, StateVersion state, CancellationToken cancellationToken) => (await AskAsync(
        writer, IsCurrentSql, reader => reader.GetBoolean(0), cancellationToken,
        Value(service), Value<string[]>([state.State]), Value<string[]>([state.Key]), Value<int[]>([state.Version])))[0];

    private static async Task<int> LetGoAsync(NpgsqlConnection writer, LetGoOperation operation, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(LetGoSql, writer) { Parameters = { Value(operation.HeldBeforeMs), Value(operation.Max) } };
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<int> EraseHeldAsync(NpgsqlConnection writer, EraseOperation operation, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(writer)
        {
            BatchCommands =
            {
                Command(EraseHeldSql, Value(operation.Identities)),
                Command(EraseNamedHeldSql, Value(operation.OwnerLanes), Value(operation.Devices.ToArray())),
            },
        };
        return await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <param name="project">Null: of all projects.</param>
    private static async Task<LaneSummary> SummariseHeldAsync(NpgsqlConnection connection, string identity, string? project, CancellationToken cancellationToken) =>
        (await AskAsync(
            connection, SummariseHeldSql, reader => new LaneSummary(reader.GetInt32(0), Time(reader, 1)), cancellationToken,
            Value(identity), new NpgsqlParameter<string?> { TypedValue = project, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text }))[0];

    private static HeldRow ReadHeld(NpgsqlDataReader reader) =>
        new(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetFieldValue<byte[]>(4));

    private sealed record HeldRow(long Id, string Project, string Identity, long TimeMs, byte[] Payload);
}
