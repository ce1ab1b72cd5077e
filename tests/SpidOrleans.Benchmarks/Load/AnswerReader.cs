using System.Buffers.Text;
using System.Net.Sockets;

namespace SpidOrleans.Benchmarks.Load;

/// <summary>Reads one HTTP answer after another off a socket, as far as they have arrived.</summary>
internal sealed class AnswerReader(Socket socket)
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _length;
    private Range _body;

    /// <summary>Of the last whole answer, until the next one begins to arrive; with the marks between its chunks, if it came in chunks.</summary>
    public ReadOnlySpan<byte> Body => _buffer.AsSpan(_body);

    /// <summary>To be called once the socket is readable, which makes it return at once.</summary>
    /// <returns>The status, when the answer's body has arrived to its end; null while some is missing.</returns>
    public int? Read()
    {
        var read = socket.Receive(_buffer.AsSpan(_length));
        if (read == 0) throw new EndOfStreamException("The server closed the connection.");
        _length += read;
        var headEnd = _buffer.AsSpan(0, _length).IndexOf("\r\n\r\n"u8);
        if (headEnd < 0) return null;

        var head = _buffer.AsSpan(0, headEnd);
        var bodyStart = headEnd + 4;
        var isWhole = ContentLength(head) is { } bodyLength
            ? _length >= bodyStart + bodyLength
            : _buffer.AsSpan(bodyStart, _length - bodyStart).EndsWith("0\r\n\r\n"u8);
        if (!isWhole) return null;
        if (!Utf8Parser.TryParse(head[9..], out int status, out _)) throw new InvalidDataException("No status line.");
        _body = bodyStart.._length;
        _length = 0;
        return status;
    }

    private static int? ContentLength(ReadOnlySpan<byte> head)
    {
        var at = head.IndexOf("\r\nContent-Length: "u8);
        if (at < 0 || !Utf8Parser.TryParse(head[(at + 18)..], out int length, out _)) return null;
        return length;
    }
}
