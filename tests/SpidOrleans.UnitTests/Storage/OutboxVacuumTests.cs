using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using SpidOrleans.Storage.PostgreSql;
using SpidOrleans.TestKit.Postgres;
using Xunit;

namespace SpidOrleans.UnitTests.Storage;

public sealed class OutboxVacuumTests(SharedPostgres postgres) : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new();
    private readonly RecordingLogger _log = new();
    private PostgreSqlDatabase _database = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(PostgresServer.IsInstalled, PostgresServer.NotInstalled);
        _database = await OpenAsync(await postgres.CreateDatabaseAsync());
        // Only what is done here counts.
        await RunAsync("ALTER TABLE outbox SET (autovacuum_enabled = false)");
    }

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task WhatIsDeliveredAllTheTime_TakesTheSameRoomAgain()
    {
        await using var vacuum = new OutboxVacuum(_database, _clock);
        await DeliverAsync(OutboxVacuum.SegmentsMin);
        var once = await BytesAsync();
        for (var round = 1; round <= 5; round++)
        {
            await UntilItHasVacuumedAsync(vacuum, round);
            await DeliverAsync(OutboxVacuum.SegmentsMin);
        }

        Assert.InRange(await BytesAsync(), once, once * 3 / 2);
    }

    [Fact]
    public async Task FewSegments_OrTheNextOnesTooSoon_CauseNoVacuum()
    {
        await using (var vacuum = new OutboxVacuum(_database, _clock))
        {
            vacuum.Removed(OutboxVacuum.SegmentsMin - 1);
            Assert.Equal(0, await VacuumsAsync());

            vacuum.Removed(1);
            while (await VacuumsAsync() == 0) await Task.Delay(10, Cancel);
            vacuum.Removed(OutboxVacuum.SegmentsMin * 10);
        }

        Assert.Equal(1, await VacuumsAsync());
    }

    [Fact]
    public async Task WithoutTheDatabase_ItSaysSo_AndComesBackLater()
    {
        await RunAsync("ALTER TABLE outbox RENAME TO elsewhere");
        await using var vacuum = new OutboxVacuum(_database, _clock);
        vacuum.Removed(OutboxVacuum.SegmentsMin);
        while (!_log.Events.Contains(5104)) await Task.Delay(5, Cancel);
        await RunAsync("ALTER TABLE elsewhere RENAME TO outbox");

        await UntilItHasVacuumedAsync(vacuum, 1);
    }

    [Fact]
    public async Task DisposedTwice_ItIsDisposed()
    {
        var vacuum = new OutboxVacuum(_database, _clock);
        vacuum.Removed(OutboxVacuum.SegmentsMin);
        await vacuum.DisposeAsync();
        await vacuum.DisposeAsync();
    }

    private async Task UntilItHasVacuumedAsync(OutboxVacuum vacuum, int times)
    {
        while (await VacuumsAsync() < times)
        {
            _clock.Advance(OutboxVacuum.PauseMin * 2);
            vacuum.Removed(OutboxVacuum.SegmentsMin);
            await Task.Delay(20, Cancel);
        }
    }

    private Task DeliverAsync(int segments) => RunAsync(
        "INSERT INTO outbox (shard, live, is_indexed, events, bytes, lanes, times, body) "
        + $"SELECT 'web/0', 1, false, 1, 1, '{{1}}', '{{1}}', decode(repeat('00', 7000), 'hex') FROM generate_series(1, {segments}); DELETE FROM outbox");

    private Task<long> BytesAsync() => ReadAsync<long>("SELECT pg_relation_size('outbox')");

    private Task<long> VacuumsAsync() => ReadAsync<long>("SELECT coalesce((SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = 'outbox'), 0)");

    private async Task<T> ReadAsync<T>(string sql)
    {
        await using var command = _database.Source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Cancel))!;
    }

    private async Task RunAsync(string sql)
    {
        await using var command = _database.Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    private async Task<PostgreSqlDatabase> OpenAsync(string connectionString)
    {
        // Counts are looked at as they are, not as they were when a connection first asked.
        var options = new PostgreSqlStorageOptions { ConnectionString = new NpgsqlConnectionStringBuilder(connectionString) { Options = "-c stats_fetch_consistency=none" }.ConnectionString };
        var database = new PostgreSqlDatabase(Options.Create(options), TimeProvider.System, _log);
        await database.InitializeAsync(Cancel);
        return database;
    }

    private sealed class RecordingLogger : ILogger<PostgreSqlDatabase>
    {
        public ConcurrentQueue<int> Events { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Events.Enqueue(eventId.Id);
    }
}
