using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.Hosting;
using Orleans.Serialization;
using Orleans.Storage;
using SpidOrleans.Cluster;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Storage.Sqlite;

/// <summary>Puts everything durable into one SQLite file.</summary>
public static class SqliteStorage
{
    // Orleans knows Microsoft.Data.Sqlite by the name of its predecessor.
    private const string OrleansInvariant = "System.Data.SQLite";

    private const string InnerStateProvider = "state-adonet";

    /// <summary>The database, the outbox's engine, settings and projects. <see cref="IStorage.InitializeAsync"/> must have
    /// completed before any of them is used.</summary>
    public static IServiceCollection AddSqliteStorage(this IServiceCollection services, Action<SqliteStorageOptions> configure)
    {
        services.AddOptions<SqliteStorageOptions>().Configure(configure).Validate(
            options => options.BusyTimeout >= TimeSpan.Zero && options.BusyTimeout <= SqliteStorageOptions.BusyTimeoutMax,
            $"SqliteStorageOptions.BusyTimeout is 0 to {SqliteStorageOptions.BusyTimeoutMax.TotalSeconds:0} s");
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<SqliteDatabase>();
        services.AddSingleton<IStorage>(provider => provider.GetRequiredService<SqliteDatabase>());
        services.AddSingleton<IOutboxEngine>(provider => new SqliteOutbox(
            provider.GetRequiredService<SqliteDatabase>(), provider.GetRequiredService<IOptions<ClusterOptions>>().Value.ServiceId,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IBacklogReader, SqliteBacklog>();
        services.AddSingleton<ISettingStore, SqliteSettings>();
        services.AddSingleton<IProjectStore, SqliteProjects>();
        return services;
    }

    /// <summary>Grain state under <see cref="SpidCluster.StateProvider"/>, in the file of <see cref="AddSqliteStorage"/>.</summary>
    public static ISiloBuilder AddSqliteGrainStorage(this ISiloBuilder silo) =>
        silo.ConfigureServices(services => services.AddSqliteGrainStorage());

    internal static IServiceCollection AddSqliteGrainStorage(this IServiceCollection services)
    {
        services.AddAdoNetGrainStorage(InnerStateProvider, builder => builder.Configure<SqliteDatabase, Serializer>(Configure));
        return services.AddGrainStorage(SpidCluster.StateProvider, static (provider, _) => new SqliteGrainStorage(
            provider.GetRequiredKeyedService<IGrainStorage>(InnerStateProvider), provider.GetRequiredService<SqliteDatabase>()));
    }

    private static void Configure(AdoNetGrainStorageOptions options, SqliteDatabase database, Serializer serializer)
    {
        options.Invariant = OrleansInvariant;
        options.DataSource = new SqliteStateSource(database);
        options.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);
        // An erased person's row goes, not only its content.
        options.DeleteStateOnClear = true;
    }
}
