using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SpidOrleans.DeployTests.Nginx;

/// <summary>Takes a request and ends the connection without an answer, as a silo that dies in the middle of it.</summary>
internal sealed class DeafSilo : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _work;
    private int _heard;

    public DeafSilo()
    {
        _listener.Start();
        _work = HearAsync();
    }

    public string Authority => $"{_listener.LocalEndpoint}";

    /// <summary>Requests that were read to the end of their headers.</summary>
    public int Heard => Volatile.Read(ref _heard);

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _work;
    }

    private async Task HearAsync()
    {
        try
        {
            while (true)
            {
                using var socket = await _listener.AcceptSocketAsync();
                var bytes = new byte[4_096];
                var text = new StringBuilder();
                while (!text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) && await socket.ReceiveAsync(bytes) is > 0 and var count)
                    text.Append(Encoding.ASCII.GetString(bytes, 0, count));
                if (text.Length > 0) Interlocked.Increment(ref _heard);
            }
        }
        catch (SocketException)
        {
            // No more.
        }
    }
}
