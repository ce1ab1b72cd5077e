using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Storage;
using SpidOrleans.Storage.PostgreSql;
using SpidOrleans.TestKit.Postgres;
using Xunit;

namespace SpidOrleans.UnitTests.Storage;

/// <summary>The suite on PostgreSQL, and what comes of a server that goes.</summary>
public sealed class PostgreSqlGrainStorageTests(SharedPostgres postgres) : GrainStorageConformance
{
    private PostgreSqlDatabase Database => Services.GetRequiredService<PostgreSqlDatabase>();

    protected override async Task AddStorageAsync(IServiceCollection services)
    {
        Assert.SkipUnless(PostgresServer.IsInstalled, PostgresServer.NotInstalled);
        var connectionString = await postgres.CreateDatabaseAsync();
        services.AddPostgreSqlStorage(options => options.ConnectionString = connectionString).AddPostgreSqlGrainStorage();
    }

    protected override async Task<long> CountAsync(string table)
    {
        await using var command = Database.Source.CreateCommand($"SELECT count(*) FROM {table}");
        return (long)(await command.ExecuteScalarAsync(Cancel))!;
    }

    [Fact]
    public async Task Storage_WhoseServerIsAway_SaysSoWithoutWhatWasSent_AndWorksOnceItIsBack()
    {
        var state = State("Ada");
        await WriteAsync(state);
        await BreakAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
        await BreakAsync("ALTER TABLE orleans_state RENAME TO away");
        var read = await Assert.ThrowsAsync<StorageUnavailableException>(() => ReadAsync());
        var write = await Assert.ThrowsAsync<StorageUnavailableException>(() => WriteAsync(state));
        Assert.DoesNotContain("Ada", read.Message + write.Message, StringComparison.Ordinal);

        await BreakAsync("ALTER TABLE away RENAME TO orleans_state");
        await WriteAsync(state);
        Assert.Equal("2", (await ReadAsync()).ETag);
    }

    private async Task BreakAsync(string sql)
    {
        // Some of the pool's connections may be broken by the one before.
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var command = Database.Source.CreateCommand(sql);
                await command.ExecuteNonQueryAsync(Cancel);
                return;
            }
            catch (Npgsql.NpgsqlException) when (attempt < 20)
            {
            }
        }
    }
}
