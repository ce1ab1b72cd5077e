using System.Buffers.Text;
using System.Net.Sockets;

namespace SpidOrleans.Benchmarks.Load;

/// <summary>Reads one HTTP answer after another off a blocking socket.</summary>
internal sealed class AnswerReader(Socket socket)
{
    private readonly byte[] _buffer = new byte[16 * 1024];

    /// <returns>The status; the body has been read to its end.</returns>
    public int Read()
    {
        var length = 0;
        int headEnd;
        while ((headEnd = _buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8)) < 0) length += Receive(length);
        var head = _buffer.AsSpan(0, headEnd);
        if (!Utf8Parser.TryParse(head[9..], out int status, out _)) throw new InvalidDataException("No status line.");

        var bodyStart = headEnd + 4;
        if (ContentLength(head) is { } bodyLength)
            while (length < bodyStart + bodyLength) length += Receive(length);
        else
            while (!_buffer.AsSpan(bodyStart, length - bodyStart).EndsWith("0\r\n\r\n"u8)) length += Receive(length);
        return status;
    }

    private int Receive(int from)
    {
        var read = socket.Receive(_buffer.AsSpan(from));
        return read > 0 ? read : throw new EndOfStreamException("The server closed the connection.");
    }

    private static int? ContentLength(ReadOnlySpan<byte> head)
    {
        var at = head.IndexOf("\r\nContent-Length: "u8);
        if (at < 0 || !Utf8Parser.TryParse(head[(at + 18)..], out int length, out _)) return null;
        return length;
    }
}
