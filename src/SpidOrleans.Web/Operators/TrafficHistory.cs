using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Web.Operators;

/// <summary>Half an hour of a project, of all silos together: events per second, and how old the oldest was. Pure.</summary>
/// <param name="Accepted">Oldest slot first; all three are of one length.</param>
/// <param name="LagSeconds">-1: nobody could see it.</param>
public sealed record TrafficHistory(IReadOnlyList<double> Accepted, IReadOnlyList<double> Delivered, IReadOnlyList<int> LagSeconds)
{
    public static TrafficHistory Empty { get; } = new([], [], []);

    public static TrafficHistory Of(ClusterReport report, string project)
    {
        var parts = report.Silos.SelectMany(silo => silo.Report?.Traffic ?? []).Where(traffic => traffic.Project == project && !traffic.Accepted.IsDefaultOrEmpty).ToList();
        if (parts.Count == 0) return Empty;
        // Silos' clocks may differ by a slot: the last that all have is the last that is whole.
        var last = parts.Min(part => part.LastSlot);
        var first = Math.Max(parts.Min(part => part.LastSlot - part.Accepted.Length + 1), last - TrafficReport.SlotsKept + 1);
        var slots = Enumerable.Range(0, (int)Math.Max(0, last - first + 1)).Select(i => first + i).ToList();
        return new TrafficHistory(
            [.. slots.Select(slot => parts.Sum(part => At(part, part.Accepted, slot) ?? 0) / (double)TrafficReport.SlotSeconds)],
            [.. slots.Select(slot => parts.Sum(part => At(part, part.Delivered, slot) ?? 0) / (double)TrafficReport.SlotSeconds)],
            [.. slots.Select(slot => parts.Max(part => At(part, part.LagSeconds, slot) ?? -1))]);
    }

    private static int? At(TrafficReport part, IReadOnlyList<int> slots, long slot)
    {
        var index = slot - (part.LastSlot - slots.Count + 1);
        return index >= 0 && index < slots.Count ? slots[(int)index] : null;
    }
}
