using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SpidOrleans.TestKit.Hosting;

namespace SpidOrleans.Benchmarks.Load;

/// <summary>Keeps a number of connections busy, each with one request at a time. A thread and a blocking socket for each:
/// two system calls a request leave the processor to the servers.</summary>
internal sealed class LoadGenerator(int connections, int eventsPerRequest)
{
    /// <summary>So that lanes, activations and indexes are as many as on a busy site.</summary>
    private const int Visitors = 5_000;

    /// <summary>Longer than SQLite's driver waits for a locked file, which is half a minute.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(90);

    private readonly byte[][] _visitors = [.. Enumerable.Range(0, Visitors).Select(_ => Encoding.ASCII.GetBytes(Guid.NewGuid().ToString()))];
    private int _turns;

    public async Task<LoadResult> RunAsync(Uri address, TestClient client, TimeSpan duration)
    {
        var template = RequestTemplate.Build(address, client, eventsPerRequest);
        var others = new ConcurrentDictionary<int, int>();
        var turn = ++_turns;
        var start = Stopwatch.GetTimestamp();
        var connected = await Task.WhenAll(Enumerable.Range(0, connections).Select(number => Task.Factory.StartNew(
            () => KeepBusy(address, template.Copy(), new Random(number), FirstNumber(turn, number), start, duration, others),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        return new LoadResult(
            [.. connected.SelectMany(own => own.Latencies).Order()], connected.Sum(own => own.InTime), duration, others);
    }

    private (List<TimeSpan> Latencies, int InTime) KeepBusy(
        Uri address, RequestTemplate request, Random random, long number, long start, TimeSpan duration, ConcurrentDictionary<int, int> others)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = (int)AnswerTimeout.TotalMilliseconds,
            SendTimeout = (int)AnswerTimeout.TotalMilliseconds,
        };
        socket.Connect(new IPEndPoint(IPAddress.Loopback, address.Port));
        var answers = new AnswerReader(socket);
        var latencies = new List<TimeSpan>();
        var inTime = 0;
        while (Stopwatch.GetElapsedTime(start) < duration)
        {
            request.Fill(_visitors, random, ref number);
            var sent = Stopwatch.GetTimestamp();
            for (var bytes = request.Bytes; bytes.Length > 0;) bytes = bytes[socket.Send(bytes)..];
            var status = answers.Read();
            latencies.Add(Stopwatch.GetElapsedTime(sent));
            if (status != (int)HttpStatusCode.Accepted) others.AddOrUpdate(status, 1, (_, count) => count + 1);
            else if (Stopwatch.GetElapsedTime(start) <= duration) inTime++;
        }

        return (latencies, inTime);
    }

    /// <summary>Far enough apart that no two events of a run share a number.</summary>
    private static long FirstNumber(int turn, int connection) => (turn * 1_000L + connection) * 10_000_000L;
}
