using Npgsql;
using SpidOrleans.TestKit.Postgres;
using Xunit;

namespace SpidOrleans.UnitTests.TestKit;

public sealed class PostgresServerTests(SharedPostgres shared)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact(Skip = PostgresServer.NotInstalled, SkipUnless = nameof(PostgresServer.IsInstalled), SkipType = typeof(PostgresServer))]
    public async Task SharedServer_GivesEachADatabaseOfItsOwn()
    {
        var first = await shared.CreateDatabaseAsync();
        var second = await shared.CreateDatabaseAsync();
        await RunAsync(first, "CREATE TABLE mine (n int)");
        Assert.Equal(0L, await RunAsync(first, "SELECT count(*) FROM mine"));
        await Assert.ThrowsAsync<PostgresException>(() => RunAsync(second, "SELECT count(*) FROM mine"));
    }

    [Fact(Skip = PostgresServer.NotInstalled, SkipUnless = nameof(PostgresServer.IsInstalled), SkipType = typeof(PostgresServer))]
    public async Task Server_KeepsWhatIsCommitted_OverFreezeKillAndStop()
    {
        await using var server = await PostgresServer.StartAsync();
        var database = await server.CreateDatabaseAsync();
        await RunAsync(database, "CREATE TABLE kept (n int)");
        Assert.Equal("on on", await RunAsync(database, "SELECT current_setting('fsync') || ' ' || current_setting('synchronous_commit')"));
        var before = server.ProcessorTime;
        await RunAsync(database, "INSERT INTO kept SELECT generate_series(1, 300000)");
        Assert.True(server.ProcessorTime > before);

        await server.FreezeAsync();
        var answer = RunAsync(database, "SELECT count(*) FROM kept");
        await Assert.ThrowsAsync<TimeoutException>(() => answer.WaitAsync(TimeSpan.FromMilliseconds(300)));
        await server.ThawAsync();
        Assert.Equal(300_000L, await answer.WaitAsync(Patience));

        await server.KillAsync();
        Assert.False(server.IsRunning);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => RunAsync(database, "SELECT 1"));
        await server.StartAgainAsync();
        Assert.Equal(300_000L, await RunAsync(database, "SELECT count(*) FROM kept"));

        await server.StopAsync();
        await server.StartAgainAsync();
        Assert.Equal(300_000L, await RunAsync(database, "SELECT count(*) FROM kept"));
        await server.FreezeAsync();
    }

    /// <summary>On a connection of its own: a pooled one would be a relic of the server's former run.</summary>
    private static async Task<object?> RunAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ToString());
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
