using System.Net;
using Orleans.Configuration;
using Orleans.Serialization;
using SpidOrleans.Contracts.Intake;
using SpidOrleans.Storage.PostgreSql;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Hosting;
using SpidOrleans.Web.Telemetry;

namespace SpidOrleans.Facade;

/// <summary>Registers the Orleans client and how it finds the silos.</summary>
internal static class ClusterRegistration
{
    /// <summary>After a silo has joined, at most so long until it gets calls from here. Each time costs one read of the list.</summary>
    private static readonly TimeSpan GatewayListRefresh = TimeSpan.FromSeconds(10);

    /// <summary>A machine that does not even refuse a connection: two attempts must fit into one call's time-out.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3);

    public static WebApplicationBuilder AddCluster(this WebApplicationBuilder builder, SpidSettings settings, OtlpExport export)
    {
        var services = builder.Services;
        services.AddSingleton<GatewayCount>();
        services.AddSingleton<IIntake, ClientIntake>();
        services.AddSingleton<IClusterReach>(provider => provider.GetRequiredService<ClusterConnection>());

        // Orleans' own hosted service would hold up the start of the host until the first silo answers.
        var others = services.Where(IsHosted).ToHashSet();
        builder.UseOrleansClient(client => (export.HasTraces ? client.AddActivityPropagation() : client).UseDiscovery(settings)
            .Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (settings.Silo.ClusterId, settings.Silo.ServiceId))
            .Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = SpidHosting.GrainCallTimeout)
            .Configure<ExceptionSerializationOptions>(SpidHosting.NameExceptions)
            .Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = GatewayListRefresh)
            .Configure<ConnectionOptions>(connections => connections.OpenConnectionTimeout = ConnectTimeout)
            .UseConnectionRetryFilter<PatientConnect>()
            .AddGatewayCountChangedHandler(provider => provider.GetRequiredService<GatewayCount>().OnChanged)
            .AddOutgoingGrainCallFilter<LostCallFilter>());
        foreach (var startsTheClient in services.Where(service => IsHosted(service) && !others.Contains(service)).ToList())
            services.Remove(startsTheClient);

        services.AddSingleton<ClusterConnection>();
        services.AddHostedService(provider => provider.GetRequiredService<ClusterConnection>());
        services.AddHealthChecks().AddCheck<ClusterCheck>("cluster");
        return builder;
    }

    /// <summary>SQLite means one silo, at the address that it advertises; PostgreSQL knows all that are in service.</summary>
    private static IClientBuilder UseDiscovery(this IClientBuilder client, SpidSettings settings)
    {
        if (settings.Storage.Provider == StorageProvider.Sqlite)
            return client.UseStaticClustering(new IPEndPoint(settings.Silo.AdvertisedAddress ?? IPAddress.Loopback, settings.Silo.GatewayPort));
        client.Services.AddPostgreSqlDatabase(storage => storage.ConnectionString = settings.Storage.ConnectionString);
        return client.UsePostgreSqlClustering();
    }

    private static bool IsHosted(ServiceDescriptor service) => service.ServiceType == typeof(IHostedService);
}
