using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace SpidOrleans.Benchmarks.Load;

/// <summary>A connection with one request under way.</summary>
internal sealed class LoadConnection : IDisposable
{
    private readonly RequestTemplate _request;
    private readonly AnswerReader _answers;
    // Other visitors in each turn: with a seed, those of the warm-up would come again.
    private readonly Random _random = new();
    private long _number;
    private long _sent;

    public LoadConnection(Uri address, RequestTemplate request, long firstNumber)
    {
        (_request, _number) = (request, firstNumber);
        Socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Socket.Connect(new IPEndPoint(IPAddress.Loopback, address.Port));
        _answers = new AnswerReader(Socket);
    }

    public Socket Socket { get; }

    public void Send(Visitors visitors)
    {
        _request.Fill(visitors, _random, ref _number);
        _sent = Stopwatch.GetTimestamp();
        for (var bytes = _request.Bytes; bytes.Length > 0;) bytes = bytes[Socket.Send(bytes)..];
    }

    /// <returns>Null while the answer has not arrived to its end.</returns>
    public (int Status, TimeSpan Latency)? Receive() =>
        _answers.Read() is { } status ? (status, Stopwatch.GetElapsedTime(_sent)) : null;

    public void Dispose() => Socket.Dispose();
}
