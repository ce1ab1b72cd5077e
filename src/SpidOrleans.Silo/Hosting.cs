using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.FileProviders;
using Orleans.Configuration;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Silo;

/// <summary>What surrounds the product in its process: logging, Kestrel's limits, Orleans' ports and time-outs.</summary>
internal static class Hosting
{
    /// <summary>Open connections; more wait in the kernel's queue. Browsers hold several each.</summary>
    private const int ConnectionsMax = 20_000;

    /// <summary>A grain that has not answered by then counts as failed: the caller is told to try again (503).</summary>
    private static readonly TimeSpan GrainCallTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Of one grain; below <see cref="ShutdownTimeout"/> and above the emitters' time-out for one request.</summary>
    private static readonly TimeSpan DeactivationTimeout = TimeSpan.FromSeconds(15);

    /// <summary>How long a visitor or user nobody asks for stays in memory; coming back costs one read.</summary>
    private static readonly TimeSpan CollectionAge = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan CollectionQuantum = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The defaults that lie beside the program, below every other source: the host may be started from any folder.</summary>
    public static WebApplicationBuilder AddDefaults(this WebApplicationBuilder builder)
    {
        builder.Configuration.Sources.Insert(0, new JsonConfigurationSource
        {
            FileProvider = new PhysicalFileProvider(AppContext.BaseDirectory),
            Path = "appsettings.json",
            Optional = true,
        });
        return builder;
    }

    /// <exception cref="PortTakenException">A port is in use.</exception>
    public static void ConfigureHosting(this WebApplicationBuilder builder, SpidSettings settings)
    {
        RequireLogLevels(builder.Configuration);
        Ports.RequireFree(settings.Silo, builder.Configuration["urls"]);
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
        });
        builder.Services.AddHostedService<Draining>();
        builder.Services.AddHealthChecks().AddCheck<OutboxCheck>("outbox");
    }

    /// <exception cref="ConfigurationException">.NET would say that a level is wrong, but not which one.</exception>
    private static void RequireLogLevels(ConfigurationManager configuration)
    {
        var logging = configuration.GetSection("Logging");
        var faults = logging.GetChildren().Select(provider => provider.GetSection("LogLevel")).Prepend(logging.GetSection("LogLevel"))
            .SelectMany(levels => levels.GetChildren())
            .Where(level => level.Value is { Length: > 0 } && !Enum.TryParse<LogLevel>(level.Value, ignoreCase: true, out _))
            .Select(level => new ConfigurationFault(level.Path, level.Value, $"one of {string.Join(", ", Enum.GetNames<LogLevel>())}"))
            .ToList();
        if (faults.Count > 0) throw new ConfigurationException(faults);
    }

    /// <summary>SQLite serves one process, so this silo is the cluster.</summary>
    public static ISiloBuilder UseSingleSilo(this ISiloBuilder silo, SiloSettings settings) => silo
        .UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, null, settings.ServiceId, settings.ClusterId)
        .Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = GrainCallTimeout)
        .Configure<GrainCollectionOptions>(collection =>
        {
            collection.DeactivationTimeout = DeactivationTimeout;
            // Every browser that shows up costs an activation of about 4 KB, and nothing promised depends on its staying.
            collection.CollectionQuantum = CollectionQuantum;
            collection.CollectionAge = CollectionAge;
            collection.EnableActivationSheddingOnMemoryPressure = true;
        });
}
