using System.Diagnostics;

namespace SpidOrleans.Benchmarks.Load;

/// <summary>Looks sessions up at a fixed rate, whether the server keeps up or not: each request is due at its time and its latency
/// counts from then. Were the next one sent when an answer has come, a stall would cost one request its time; as browsers
/// come, it costs all those that fall into it theirs.</summary>
/// <param name="connections">No more requests are under way at once. Those beyond wait, which counts.</param>
internal sealed class LookUpGenerator(int rate, int connections, KnownVisitors visitors)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    public Task<LookUpResult> RunAsync(Uri address, TimeSpan length) =>
        Task.Factory.StartNew(() => Run(address, length), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private LookUpResult Run(Uri address, TimeSpan length)
    {
        var all = new List<LookUpConnection>();
        try
        {
            for (var i = 0; i < connections; i++) all.Add(new LookUpConnection(address, visitors));
            return Run(all, (int)(rate * length.TotalSeconds));
        }
        finally
        {
            foreach (var connection in all) connection.Dispose();
        }
    }

    private LookUpResult Run(List<LookUpConnection> all, int requests)
    {
        var sockets = new ReadableSockets(all.Select(connection => connection.Socket));
        var idle = new Queue<LookUpConnection>(all);
        var latencies = new List<TimeSpan>(requests);
        var late = new List<TimeSpan>(requests);
        var faults = 0;
        string? firstFault = null;
        var start = Stopwatch.GetTimestamp();
        while (latencies.Count < requests)
        {
            while (IsNextToCome() && UntilNext() <= TimeSpan.Zero) late.Add(idle.Dequeue().Send(NextDueAt()));

            var isPaced = IsNextToCome();
            var readable = 0;
            foreach (var number in sockets.Wait(isPaced ? UntilNext() : AnswerTimeout))
            {
                readable++;
                if (all[number].Receive() is not var (latency, fault)) continue;
                latencies.Add(latency);
                idle.Enqueue(all[number]);
                if (fault is null) continue;
                faults++;
                firstFault ??= fault;
            }

            if (readable == 0 && !isPaced) throw new TimeoutException($"No answer within {AnswerTimeout.TotalSeconds:0} s.");
        }

        var took = Stopwatch.GetElapsedTime(start);
        latencies.Sort();
        late.Sort();
        return new LookUpResult(latencies, late, took, faults, firstFault);

        bool IsNextToCome() => late.Count < requests && idle.Count > 0;

        long NextDueAt() => start + late.Count * Stopwatch.Frequency / rate;

        TimeSpan UntilNext() => -Stopwatch.GetElapsedTime(NextDueAt());
    }
}
