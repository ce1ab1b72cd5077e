namespace SpidOrleans.Benchmarks.Running;

/// <summary>A server, or a cluster of them, that takes part.</summary>
/// <param name="Addresses">Which share the load.</param>
/// <param name="Delivers">Sends what it accepts to the sink.</param>
internal sealed record Side(string Name, IReadOnlyList<Uri> Addresses, Func<TimeSpan> ProcessorTime, bool Delivers)
{
    public static Side Of(string name, ChildServer floor) => new(name, [floor.Address], () => floor.ProcessorTime, Delivers: false);

    /// <summary>What there is to say of its database when the load of a turn has ended.</summary>
    public Func<Task<string>>? State { get; init; }
}
