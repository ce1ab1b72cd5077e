using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SpidOrleans.TestKit.Hosting;

namespace SpidOrleans.Benchmarks.Load;

/// <summary>Keeps a number of connections busy, each with one request at a time. One thread polls all of them, as <c>wrk</c>
/// does: a thread for each would cost the servers, which share the processor, as much again in being switched.</summary>
internal sealed class LoadGenerator(int connections, int eventsPerRequest, int visitorsPerRequest, Visitors visitors)
{
    /// <summary>Longer than SQLite's driver waits for a locked file, which is half a minute.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(90);

    private int _turns;

    /// <summary>The connections go to the addresses in turn.</summary>
    public Task<LoadResult> RunAsync(IReadOnlyList<Uri> addresses, TestClient client, TimeSpan duration) =>
        Task.Factory.StartNew(() => Run(addresses, client, duration), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private LoadResult Run(IReadOnlyList<Uri> addresses, TestClient client, TimeSpan duration)
    {
        RequestTemplate[] templates = [.. addresses.Select(address => RequestTemplate.Build(address, client, eventsPerRequest, visitorsPerRequest))];
        var turn = ++_turns;
        var bySocket = Enumerable.Range(0, connections)
            .Select(number => new LoadConnection(addresses[number % addresses.Count], templates[number % addresses.Count].Copy(), FirstNumber(turn, number)))
            .ToDictionary(connection => connection.Socket);
        try
        {
            return Run(bySocket, duration);
        }
        finally
        {
            foreach (var connection in bySocket.Values) connection.Dispose();
        }
    }

    private LoadResult Run(Dictionary<Socket, LoadConnection> waiting, TimeSpan duration)
    {
        var latencies = new List<TimeSpan>();
        var inTime = 0;
        var others = new Dictionary<int, int>();
        var start = Stopwatch.GetTimestamp();
        foreach (var connection in waiting.Values) connection.Send(visitors);
        var readable = new List<Socket>(waiting.Count);
        while (waiting.Count > 0)
        {
            readable.Clear();
            readable.AddRange(waiting.Keys);
            Socket.Select(readable, null, null, AnswerTimeout);
            if (readable.Count == 0) throw new TimeoutException($"No answer within {AnswerTimeout}.");
            foreach (var socket in readable)
            {
                var connection = waiting[socket];
                if (connection.Receive() is not var (status, latency)) continue;
                latencies.Add(latency);
                var isInTime = Stopwatch.GetElapsedTime(start) <= duration;
                if (status != (int)HttpStatusCode.Accepted) others[status] = others.GetValueOrDefault(status) + 1;
                else if (isInTime) inTime++;
                if (isInTime) connection.Send(visitors);
                else Finish(connection);
            }
        }

        latencies.Sort();
        return new LoadResult(latencies, inTime, duration, others);

        void Finish(LoadConnection connection)
        {
            waiting.Remove(connection.Socket);
            connection.Dispose();
        }
    }

    /// <summary>Far enough apart that no two events of a run share a number.</summary>
    private static long FirstNumber(int turn, int connection) => (turn * 1_000L + connection) * 10_000_000L;
}
