using Npgsql;

namespace SpidOrleans.Benchmarks.Floor;

/// <summary>One <c>INSERT</c> and one commit for each request. PostgreSQL itself lets commits that meet share a sync.</summary>
internal sealed class NaivePostgresFloor(NpgsqlDataSource source) : IFloor
{
    public Task InsertAsync(IReadOnlyList<FloorEvent> events) => PostgresTable.InsertAsync(source, events);

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
