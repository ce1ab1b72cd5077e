using System.Diagnostics;

namespace SpidOrleans.Cluster.Telemetry;

/// <summary>The source of our own spans.</summary>
internal static class Spans
{
    public static readonly ActivitySource Source = new("SpidOrleans");

    /// <summary>The request that is being served, if it is sampled and anybody wants to know.</summary>
    public static Activity? Sampled => Source.HasListeners() && Activity.Current is { Recorded: true } request ? request : null;
}
