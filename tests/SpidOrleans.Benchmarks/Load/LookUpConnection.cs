using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SpidOrleans.Benchmarks.Load;

/// <summary>A connection with at most one look-up under way.</summary>
internal sealed class LookUpConnection : IDisposable
{
    private const int AnswerShownMax = 1_200;

    private readonly KnownVisitors _visitors;
    private readonly byte[] _request;
    private readonly int _headLength;
    private readonly AnswerReader _answers;
    private int _visitor;
    private long _dueAt;

    public LookUpConnection(Uri address, KnownVisitors visitors)
    {
        _visitors = visitors;
        var head = new StringBuilder($"GET {SitePage.PathAndQuery} HTTP/1.1\r\nHost: {address.Authority}\r\n");
        foreach (var (name, value) in SitePage.Headers) head.Append($"{name}: {value}\r\n");
        head.Append($"Cookie: {SitePage.CookieName}=");
        _headLength = head.Length;
        _request = Encoding.ASCII.GetBytes(head.Append('#', visitors.CookieLengthMax + End.Length).ToString());

        Socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Socket.Connect(new IPEndPoint(IPAddress.Loopback, address.Port));
        _answers = new AnswerReader(Socket);
    }

    public Socket Socket { get; }

    private static ReadOnlySpan<byte> End => "\r\n\r\n"u8;

    /// <param name="dueAt">When it should have been sent: whatever held it up is part of its latency.</param>
    /// <returns>By how much it is late.</returns>
    public TimeSpan Send(long dueAt)
    {
        (_visitor, _dueAt) = (_visitors.Next(), dueAt);
        var cookie = _visitors.Cookie(_visitor);
        cookie.CopyTo(_request.AsSpan(_headLength));
        End.CopyTo(_request.AsSpan(_headLength + cookie.Length));
        var late = Stopwatch.GetElapsedTime(dueAt);
        for (ReadOnlySpan<byte> bytes = _request.AsSpan(0, _headLength + cookie.Length + End.Length); bytes.Length > 0;) bytes = bytes[Socket.Send(bytes)..];
        return late;
    }

    /// <returns>The latency, and what is wrong with the answer; null while it has not arrived to its end.</returns>
    public (TimeSpan Latency, string? Fault)? Receive()
    {
        if (_answers.Read() is not { } status) return null;
        var latency = Stopwatch.GetElapsedTime(_dueAt);
        if (status == (int)HttpStatusCode.OK && _visitors.IsTold(_visitor, _answers.Body)) return (latency, null);
        var body = Encoding.UTF8.GetString(_answers.Body[..Math.Min(_answers.Body.Length, AnswerShownMax)]);
        return (latency, $"{status} {body.ReplaceLineEndings(" ")}");
    }

    public void Dispose() => Socket.Dispose();
}
