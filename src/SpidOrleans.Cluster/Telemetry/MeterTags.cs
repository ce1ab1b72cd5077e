namespace SpidOrleans.Cluster.Telemetry;

/// <summary>What measurements are told apart by. All are bounded by the configuration: no id of a person is among them.</summary>
internal static class MeterTags
{
    public const string Project = "project";

    /// <summary>Mixpanel's status code, or <c>none</c> where there was no answer.</summary>
    public const string Status = "status";

    /// <summary>What became of a request: see <see cref="DeliveryMetrics"/>.</summary>
    public const string Outcome = "outcome";
}
