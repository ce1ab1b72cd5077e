using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Configuration;
using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Web.Configuration;

/// <summary>The whole configuration, read and checked once before anything starts.</summary>
public sealed record SpidSettings
{
    public required StorageSettings Storage { get; init; }

    public required SiloSettings Silo { get; init; }

    /// <summary>What the grains need.</summary>
    public required ClusterSettings Cluster { get; init; }

    public required SessionSettings Session { get; init; }

    public required LimitSettings Limits { get; init; }

    public required PrivacySettings Privacy { get; init; }

    public required ConsoleSettings Console { get; init; }

    /// <summary>Where people sign in; null: nowhere but on <see cref="HasDevelopmentSignIn"/>'s page.</summary>
    public required IdentitySettings? Identity { get; init; }

    /// <summary>True when other machines can reach the host.</summary>
    public required bool ListensBeyondLoopback { get; init; }

    /// <summary>The proxies whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are believed; empty: nobody's are.</summary>
    public required ImmutableArray<IPNetwork> Proxies { get; init; }

    /// <summary>True when anybody may sign in as anybody: on somebody's own machine, which no proxy makes reachable.</summary>
    public bool HasDevelopmentSignIn => Identity is null && !ListensBeyondLoopback && Proxies.IsEmpty;

    /// <summary>By client id; never empty.</summary>
    public required ImmutableDictionary<string, Client> Clients { get; init; }

    /// <summary>Who has which product, by product id.</summary>
    public required ImmutableDictionary<string, ProductSettings> Products { get; init; }

    /// <summary>True when no client is configured: the host is somebody's own machine.</summary>
    public bool HasDemoClient => Clients.TryGetValue(Client.DemoId, out var client) && client.IsDemo;

    /// <exception cref="ConfigurationException">With every fault there is.</exception>
    public static SpidSettings Read(IConfiguration configuration)
    {
        var faults = new List<ConfigurationFault>();
        SectionReader Section(string path) => new(configuration.GetSection(path), faults);

        var storage = StorageSettings.Read(Section("Storage"));
        var silo = SiloSettings.Read(Section("Cluster"));
        var session = SessionSettings.Read(Section("Session"));
        var limits = LimitSettings.Read(Section("Limits"));
        var privacy = PrivacySettings.Read(Section("Privacy"));
        var deadLetters = DeadLetterSettings.Read(Section("DeadLetters"));
        var projects = ReadProjects(configuration.GetSection("Projects"), faults);
        var clients = ReadClients(configuration, projects, faults);
        var products = ReadProducts(configuration.GetSection("Entitlements"), faults);
        var identity = IdentitySettings.Read(Section("Identity"));
        var proxies = ProxyList.Read(configuration.GetSection("Proxies"), faults);
        var console = ConsoleSettings.Read(Section("Console"));
        if (faults.Count > 0) throw new ConfigurationException(faults);

        return new SpidSettings
        {
            Storage = storage,
            Silo = silo,
            Session = session,
            Limits = limits,
            Privacy = privacy,
            Console = console,
            Identity = identity,
            ListensBeyondLoopback = ListenAddresses.FindBeyondLoopback(configuration) is not null,
            Proxies = proxies,
            Clients = clients,
            Products = products,
            Cluster = new ClusterSettings
            {
                Projects = projects,
                PendingPerLane = limits.PendingPerLane,
                SessionLifetime = session.Lifetime,
                RememberLifetime = session.RememberLifetime,
                DeadLetterRetention = deadLetters.Retention,
                DeadLettersMax = deadLetters.MaxPerProject,
                HoldsUndecided = privacy.HoldsUndecided,
                HeldRetention = privacy.HeldRetention,
            },
        };
    }

    private static ImmutableDictionary<string, ProjectSettings> ReadProjects(IConfigurationSection section, List<ConfigurationFault> faults)
    {
        RefuseValue(section, faults);
        var projects = ImmutableDictionary.CreateBuilder<string, ProjectSettings>();
        foreach (var child in section.GetChildren())
        {
            if (!ProjectSection.Name.IsMatch(child.Key))
                faults.Add(new ConfigurationFault(section.Key, child.Key, "project names of " + ProjectSection.NameRule));
            projects[child.Key] = ProjectSection.Read(child.Key, new SectionReader(child, faults));
        }

        if (projects.Count == 0) projects[ProjectSection.Preview.Name] = ProjectSection.Preview;
        return projects.ToImmutable();
    }

    private static ImmutableDictionary<string, Client> ReadClients(
        IConfiguration configuration, ImmutableDictionary<string, ProjectSettings> projects, List<ConfigurationFault> faults)
    {
        var section = configuration.GetSection("Clients");
        RefuseValue(section, faults);
        var names = projects.Keys.Order(StringComparer.Ordinal).ToList();
        var clients = ImmutableDictionary.CreateBuilder<string, Client>();
        foreach (var child in section.GetChildren())
        {
            if (!Client.IdPattern.IsMatch(child.Key))
                faults.Add(new ConfigurationFault(section.Key, child.Key, "client ids of " + Client.IdRule));
            clients[child.Key] = Client.Read(child.Key, new SectionReader(child, faults), names);
        }

        if (clients.Count > 0) return clients.ToImmutable();

        // The demo client's secrets are public.
        if (ListenAddresses.FindBeyondLoopback(configuration) is { } address)
            faults.Add(new ConfigurationFault(section.Key, null, $"at least one client, since the host listens beyond loopback on {address}"));
        if (configuration.GetSection("Proxies").Exists())
            faults.Add(new ConfigurationFault(section.Key, null, "at least one client, since Proxies make the host reachable"));
        if (names.Count > 1)
            faults.Add(new ConfigurationFault(section.Key, null, $"at least one client, since there are several projects: {string.Join(", ", names)}"));
        return clients.ToImmutable().Add(Client.DemoId, Client.Demo(names[0]));
    }

    private static ImmutableDictionary<string, ProductSettings> ReadProducts(IConfigurationSection section, List<ConfigurationFault> faults)
    {
        RefuseValue(section, faults);
        var products = ImmutableDictionary.CreateBuilder<string, ProductSettings>();
        foreach (var child in section.GetChildren())
        {
            if (!ProductSettings.IdPattern.IsMatch(child.Key))
                faults.Add(new ConfigurationFault(section.Key, child.Key, "product ids of " + ProductSettings.IdRule));
            products[child.Key] = ProductSettings.Read(new SectionReader(child, faults));
        }

        return products.ToImmutable();
    }

    /// <summary>Else <c>Clients=x</c> would count as none, and the demo client would be served.</summary>
    private static void RefuseValue(IConfigurationSection section, List<ConfigurationFault> faults)
    {
        if (section.Value is { Length: > 0 }) faults.Add(new ConfigurationFault(section.Key, ConfigurationFault.Hidden, "a section, not a value"));
    }
}
