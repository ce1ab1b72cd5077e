using System.Diagnostics.Metrics;
using SpidOrleans.Cluster.Lanes;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Cluster.Telemetry;

/// <summary>The lanes on this silo.</summary>
internal sealed class LaneMetrics
{
    public const string MeterName = "SpidOrleans.Lanes";

    private readonly ProjectCounter _full;

    public LaneMetrics(IMeterFactory meters, VisitorLanes lanes, ClusterSettings settings)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("spid.lanes", () => lanes.Count, "{lane}", "Visitors' lanes in this silo's memory");
        _full = new ProjectCounter(meter, "spid.lanes.full", "{refusal}", "Appends refused because a lane holds Limits:PendingPerLane events", settings.Projects.Keys);
    }

    public TrackOutcome Note(TrackOutcome outcome, string project)
    {
        if (outcome == TrackOutcome.LaneFull) _full.Add(project, 1);
        return outcome;
    }
}
