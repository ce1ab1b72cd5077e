using System.Net;
using System.Net.Sockets;
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

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>Puts everything durable, and the list of silos, into one PostgreSQL database.</summary>
public static class PostgreSqlStorage
{
    private const string OrleansInvariant = "Npgsql";

    private const string InnerStateProvider = "state-adonet";

    /// <summary>The database, the outbox's engine, settings and projects. <see cref="IStorage.InitializeAsync"/> must have
    /// completed before any of them is used.</summary>
    public static IServiceCollection AddPostgreSqlStorage(this IServiceCollection services, Action<PostgreSqlStorageOptions> configure)
    {
        services.AddPostgreSqlDatabase(configure);
        services.AddSingleton<IStorage>(provider => provider.GetRequiredService<PostgreSqlDatabase>());
        services.AddSingleton<IOutboxEngine>(provider => new PostgreSqlOutbox(
            provider.GetRequiredService<PostgreSqlDatabase>(), provider.GetRequiredService<IOptions<ClusterOptions>>().Value.ServiceId,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IBacklogReader, PostgreSqlBacklog>();
        services.AddSingleton<ISettingStore, PostgreSqlSettings>();
        services.AddSingleton<IProjectStore, PostgreSqlProjects>();
        return services;
    }

    /// <summary>The connections alone.</summary>
    public static IServiceCollection AddPostgreSqlDatabase(this IServiceCollection services, Action<PostgreSqlStorageOptions> configure)
    {
        services.AddOptions<PostgreSqlStorageOptions>().Configure(configure);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<PostgreSqlDatabase>();
        return services;
    }

    /// <summary>The address of this machine that faces the database: where others on that network reach it.</summary>
    /// <exception cref="StorageUnavailableException">The host cannot be resolved, or no network leads to it.</exception>
    public static IPAddress FindOwnAddress(string connectionString)
    {
        var host = PostgreSqlLocation.Parse(connectionString).Host;
        // A socket in the file system: the server is on this machine.
        if (host.StartsWith('/') || host.StartsWith('@')) return IPAddress.Loopback;
        try
        {
            // Connecting a datagram socket sends nothing; it only asks for the way.
            using var socket = new Socket(SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(host, 1);
            var address = ((IPEndPoint)socket.LocalEndPoint!).Address;
            return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        }
        catch (SocketException exception)
        {
            throw new StorageUnavailableException($"{PostgreSqlLocation.Key}: no way leads to host '{host}' ({exception.SocketErrorCode})", exception);
        }
    }

    /// <summary>Grain state under <see cref="SpidCluster.StateProvider"/>, in the database of <see cref="AddPostgreSqlStorage"/>.</summary>
    public static ISiloBuilder AddPostgreSqlGrainStorage(this ISiloBuilder silo) =>
        silo.ConfigureServices(services => services.AddPostgreSqlGrainStorage());

    /// <summary>Silos find each other in that database.</summary>
    public static ISiloBuilder UsePostgreSqlClustering(this ISiloBuilder silo) =>
        silo.UseAdoNetClustering(clustering => clustering.Configure<PostgreSqlDatabase>((options, database) =>
        {
            options.Invariant = OrleansInvariant;
            options.DataSource = database.Source;
        }));

    /// <summary>A client finds the silos in the database of <see cref="AddPostgreSqlDatabase"/>.</summary>
    public static IClientBuilder UsePostgreSqlClustering(this IClientBuilder client) =>
        client.UseAdoNetClustering(clustering => clustering.Configure<PostgreSqlDatabase>((options, database) =>
        {
            options.Invariant = OrleansInvariant;
            options.DataSource = database.Source;
        }));

    internal static IServiceCollection AddPostgreSqlGrainStorage(this IServiceCollection services)
    {
        services.AddAdoNetGrainStorage(InnerStateProvider, builder => builder.Configure<PostgreSqlDatabase, Serializer>((options, database, serializer) =>
        {
            options.Invariant = OrleansInvariant;
            options.DataSource = database.Source;
            options.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);
            // An erased person's row goes, not only its content.
            options.DeleteStateOnClear = true;
        }));
        services.AddSingleton<PostgreSqlStateReader>();
        return services.AddGrainStorage(SpidCluster.StateProvider, static (provider, _) => ActivatorUtilities.CreateInstance<PostgreSqlGrainStorage>(
            provider, provider.GetRequiredKeyedService<IGrainStorage>(InnerStateProvider),
            new OrleansGrainStorageSerializer(provider.GetRequiredService<Serializer>())));
    }
}
