using System.Net;
using Orleans.Configuration;
using Orleans.Serialization;
using SpidOrleans.Cluster;
using SpidOrleans.Cluster.Operations;
using SpidOrleans.Storage.PostgreSql;
using SpidOrleans.Storage.Sqlite;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Hosting;
using SpidOrleans.Web.Telemetry;

namespace SpidOrleans.Silo;

/// <summary>Storage and silo by <c>Storage:Provider</c>: SQLite serves one process, so this silo is the cluster; in PostgreSQL
/// the silos of one <c>Cluster:ClusterId</c> find each other.</summary>
internal static class SiloHosting
{
    /// <summary>Of one grain; below the host's own time-out and above the emitters' time-out for one request.</summary>
    private static readonly TimeSpan DeactivationTimeout = TimeSpan.FromSeconds(15);

    /// <summary>How long a visitor or user nobody asks for stays in memory; coming back costs one read.</summary>
    private static readonly TimeSpan CollectionAge = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan CollectionQuantum = TimeSpan.FromSeconds(30);

    /// <summary>Three probes in a row without an answer, two silos that say so: a killed one is gone within seconds, and one
    /// that is merely busy for a few stays.</summary>
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(2);

    /// <summary>A silo that has not written for three of these is not waited for by one that joins: after a crash of all of
    /// them the first is up again soon.</summary>
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(5);

    /// <summary>What is known of silos that are gone serves nobody after a day.</summary>
    private static readonly TimeSpan DefunctSilosKept = TimeSpan.FromDays(1);

    /// <exception cref="PortTakenException">A port is in use.</exception>
    public static void ConfigureSilo(this WebApplicationBuilder builder, SpidSettings settings)
    {
        var address = settings.Silo.AdvertisedAddress ?? IPAddress.Loopback;
        Ports.RequireFree("Cluster:SiloPort", new IPEndPoint(address, settings.Silo.SiloPort));
        Ports.RequireFree("Cluster:GatewayPort", new IPEndPoint(address, settings.Silo.GatewayPort));
        // An event makes two lines: accepted, and delivered or refused.
        builder.Services.AddSingleton(new JournalOptions { EntriesMax = 2 * settings.Console.JournalEvents, EventsPerSecond = settings.Console.JournalEventsPerSecond });
        builder.Services.AddHealthChecks().AddCheck<OutboxCheck>("outbox");
    }

    public static IServiceCollection AddStorage(this IServiceCollection services, StorageSettings storage) => storage.Provider == StorageProvider.Sqlite
        ? services.AddSqliteStorage(options => options.ConnectionString = storage.ConnectionString)
        : services.AddPostgreSqlStorage(options => options.ConnectionString = storage.ConnectionString);

    public static ISiloBuilder UseSpid(this ISiloBuilder silo, SpidSettings settings, OtlpExport export) =>
        // Each call between grains pays for it.
        (export.HasTraces ? silo.AddActivityPropagation() : silo)
            .UseStorage(settings)
            .AddSpidGrains()
            .AddSpidDashboard(settings)
            .Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = SpidHosting.GrainCallTimeout)
            .Configure<ExceptionSerializationOptions>(SpidHosting.NameExceptions)
            .Configure<GrainCollectionOptions>(collection =>
            {
                collection.DeactivationTimeout = DeactivationTimeout;
                // Every browser that shows up costs an activation of about 3 KB, and nothing promised depends on its staying.
                collection.CollectionQuantum = CollectionQuantum;
                collection.CollectionAge = CollectionAge;
                collection.EnableActivationSheddingOnMemoryPressure = true;
            });

    private static ISiloBuilder UseStorage(this ISiloBuilder silo, SpidSettings settings) =>
        settings.Storage.Provider == StorageProvider.Sqlite ? silo.UseSingleSilo(settings.Silo) : silo.UseCluster(settings);

    private static ISiloBuilder UseSingleSilo(this ISiloBuilder silo, SiloSettings settings) => silo
        .UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, null, settings.ServiceId, settings.ClusterId)
        .AddSqliteGrainStorage();

    private static ISiloBuilder UseCluster(this ISiloBuilder silo, SpidSettings settings)
    {
        var own = settings.Silo;
        var address = own.AdvertisedAddress ?? PostgreSqlStorage.FindOwnAddress(settings.Storage.ConnectionString);
        return silo
            .UsePostgreSqlClustering()
            .AddPostgreSqlGrainStorage()
            .Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (own.ClusterId, own.ServiceId))
            .ConfigureEndpoints(address, own.SiloPort, own.GatewayPort, listenOnAnyHostAddress: false)
            .Configure<ClusterMembershipOptions>(membership =>
            {
                membership.ProbeTimeout = ProbeTimeout;
                membership.IAmAliveTablePublishTimeout = SignOfLife;
                membership.DefunctSiloExpiration = DefunctSilosKept;
            });
    }
}
