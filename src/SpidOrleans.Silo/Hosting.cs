using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.FileProviders;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Silo;

/// <summary>What surrounds the product in its process: logging, Kestrel's limits, Orleans' ports and time-outs.</summary>
internal static class Hosting
{
    /// <summary>Open connections; more wait in the kernel's queue. Browsers hold several each.</summary>
    private const int ConnectionsMax = 20_000;

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
}
