using System.Net;
using Orleans.Configuration;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Hosting;

namespace SpidOrleans.Silo;

/// <summary>What a silo has besides <see cref="SpidHosting"/>: Orleans' ports and time-outs.</summary>
internal static class Hosting
{
    /// <summary>Of one grain; below the host's time for stopping and above the emitters' time-out for one request.</summary>
    private static readonly TimeSpan DeactivationTimeout = TimeSpan.FromSeconds(15);

    /// <summary>How long a visitor or user nobody asks for stays in memory; coming back costs one read.</summary>
    private static readonly TimeSpan CollectionAge = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan CollectionQuantum = TimeSpan.FromSeconds(30);

    /// <exception cref="PortTakenException">A port is in use.</exception>
    public static void ConfigureSilo(this WebApplicationBuilder builder, SpidSettings settings)
    {
        Ports.RequireFree("Cluster:SiloPort", new IPEndPoint(IPAddress.Loopback, settings.Silo.SiloPort));
        Ports.RequireFree("Cluster:GatewayPort", new IPEndPoint(IPAddress.Loopback, settings.Silo.GatewayPort));
        builder.Services.AddHealthChecks().AddCheck<OutboxCheck>("outbox");
    }

    /// <summary>SQLite serves one process, so this silo is the cluster.</summary>
    public static ISiloBuilder UseSingleSilo(this ISiloBuilder silo, SiloSettings settings) => silo
        .UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, null, settings.ServiceId, settings.ClusterId)
        .Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = SpidHosting.GrainCallTimeout)
        .Configure<GrainCollectionOptions>(collection =>
        {
            collection.DeactivationTimeout = DeactivationTimeout;
            // Every browser that shows up costs an activation of about 4 KB, and nothing promised depends on its staying.
            collection.CollectionQuantum = CollectionQuantum;
            collection.CollectionAge = CollectionAge;
            collection.EnableActivationSheddingOnMemoryPressure = true;
        });
}
