namespace SpidOrleans.Benchmarks.Running;

/// <summary>A server that takes part.</summary>
/// <param name="Length">Of its turns.</param>
/// <param name="Delivers">Sends what it accepts to the sink.</param>
internal sealed record Side(string Name, Uri Address, Func<TimeSpan> ProcessorTime, TimeSpan Length, bool Delivers);
