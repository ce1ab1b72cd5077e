using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Cluster.Telemetry;
using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.UnitTests.Outbox;

/// <summary>Real meters, each test's own.</summary>
internal static class Meters
{
    public static IMeterFactory Factory() => new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    public static OutboxMetrics ForOutbox(IMeterFactory? factory = null, params IEnumerable<string> projects) => new(factory ?? Factory(), Of(projects));

    public static ClusterSettings Of(IEnumerable<string> projects) => new()
    {
        Projects = projects.ToImmutableDictionary(name => name, name => new ProjectSettings(name, "token", new Uri("http://localhost/"), null, null, null, 4)),
    };
}
