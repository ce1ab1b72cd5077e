using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Serialization;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Hosting;

/// <summary>What surrounds the product in each of its processes: defaults, logging, Kestrel's limits, the way it stops.</summary>
public static class SpidHosting
{
    /// <summary>A grain that has not answered by then counts as failed: the caller is told to try again (503). Orleans looks
    /// once a second, and a call may be a repeated one: so that nobody waits longer than ten.</summary>
    public static readonly TimeSpan GrainCallTimeout = TimeSpan.FromSeconds(7);

    /// <summary>What a grain throws reaches a caller in another process as what it is.</summary>
    public static void NameExceptions(ExceptionSerializationOptions exceptions)
    {
        exceptions.SupportedNamespacePrefixes.Add("SpidOrleans");
        exceptions.SupportedNamespacePrefixes.Add("Npgsql");
    }

    /// <summary>Open connections; more wait in the kernel's queue. Browsers hold several each.</summary>
    private const int ConnectionsMax = 20_000;

    /// <summary>Of one address, unless it is a proxy's: more than a back end or an office opens, and too few to leave no room.</summary>
    private const int ConnectionsPerAddress = ConnectionsMax / 4;

    /// <summary>What a connection may have received that nobody has read yet, such as a body that waits for its turn. Kestrel's own, a
    /// megabyte, would be 20 GB from all connections.</summary>
    private const int ReadBufferBytes = 128 << 10;

    /// <summary>Headers come in one piece, but from whoever holds connections by sending them bit by bit. Kestrel's own: 30 s.</summary>
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The defaults that lie beside the program, below every other source: the host may be started from any folder.</summary>
    /// <param name="url">Where to listen unless something is configured; null: where Kestrel does.</param>
    /// <exception cref="ConfigurationException"><c>Secrets:Folder</c> is none.</exception>
    public static WebApplicationBuilder AddDefaults(this WebApplicationBuilder builder, string? url = null)
    {
        builder.Configuration.Sources.Insert(0, new JsonConfigurationSource
        {
            FileProvider = new PhysicalFileProvider(AppContext.BaseDirectory),
            Path = "appsettings.json",
            Optional = true,
        });
        SecretsFolder.Add(builder.Configuration);
        if (url is not null && !ListenAddresses.AreConfigured(builder.Configuration)) builder.WebHost.UseUrls(url);
        return builder;
    }

    /// <exception cref="ConfigurationException">A log level or an address is none.</exception>
    /// <exception cref="PortTakenException">A port is in use.</exception>
    public static WebApplicationBuilder ConfigureHosting(this WebApplicationBuilder builder)
    {
        RequireLogLevels(builder.Configuration);
        Ports.RequireFree(builder.Configuration["urls"]);
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
            kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
            kestrel.ConfigureEndpointDefaults(listen => ConnectionShares.Use(listen, ConnectionsPerAddress));
        });
        builder.WebHost.UseSockets(sockets => sockets.MaxReadBufferSize = ReadBufferBytes);
        // Tells systemd that the host serves, and that it stops; elsewhere it does nothing.
        builder.Services.AddSystemd();
        builder.Services.AddHostedService<Draining>();
        return builder;
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
