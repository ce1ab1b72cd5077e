using SpidOrleans.Benchmarks.Floor;
using SpidOrleans.Benchmarks.Running;
using SpidOrleans.Benchmarks.Sink;

// The program is four: two measurements, and the two servers that it starts from the same file in processes of their own.
switch (args)
{
    case ["floor", var port, var kind, var database]:
        return await FloorServer.RunAsync(int.Parse(port), Enum.Parse<FloorKind>(kind), database);
    case ["sink", var port]:
        return await SinkServer.RunAsync(int.Parse(port));
    default:
        return BenchmarkOptions.TryParse(args, out var options, out var fault)
            ? await (options.IsLookUp ? LookUpSeries.RunAsync(options) : Series.RunAsync(options))
            : BenchmarkOptions.Explain(fault);
}
