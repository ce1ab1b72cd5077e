namespace SpidOrleans.Benchmarks.Floor;

/// <summary>Stores the events of one request, as durably as the silo: on return their commit is synced.</summary>
internal interface IFloor : IAsyncDisposable
{
    Task InsertAsync(IReadOnlyList<FloorEvent> events);
}
