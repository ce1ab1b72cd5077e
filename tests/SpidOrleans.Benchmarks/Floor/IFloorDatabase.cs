namespace SpidOrleans.Benchmarks.Floor;

/// <summary>One <c>INSERT</c>, one transaction, one fsync for each event: as durable as the silo, and without its group commit.</summary>
internal interface IFloorDatabase : IDisposable
{
    Task InsertAsync(string visitorId, string name, string properties);
}
