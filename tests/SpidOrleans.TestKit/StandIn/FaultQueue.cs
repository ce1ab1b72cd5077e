using System.Collections.Concurrent;

namespace SpidOrleans.TestKit.StandIn;

/// <summary>Faults in a given order, one per request; none when they are used up.</summary>
/// <param name="token">The one project they are for; null: whoever comes.</param>
public sealed class FaultQueue(string? token = null) : IFaultPlan
{
    private readonly ConcurrentQueue<Fault> _faults = new();
    private volatile Fault _afterwards = Fault.None;

    public int Remaining => _faults.Count;

    public FaultQueue Then(Fault fault, int times = 1)
    {
        for (var i = 0; i < times; i++) _faults.Enqueue(fault);
        return this;
    }

    /// <summary>What every request gets once the queue is empty.</summary>
    public FaultQueue ThenAlways(Fault fault)
    {
        _afterwards = fault;
        return this;
    }

    public Fault Next(ImportRequest request)
    {
        if (token is not null && request.Token != token) return Fault.None;
        return _faults.TryDequeue(out var fault) ? fault : _afterwards;
    }
}
