using System.Net;
using System.Net.Sockets;

namespace SpidOrleans.TestKit.Hosting;

/// <summary>Ports on 127.0.0.1 that stay ours while nothing listens on them.</summary>
public static class Loopback
{
    // Below Linux' ephemeral range (32768 and up): while a server is away, an outgoing connection would otherwise get its
    // port, and a client that keeps trying to reach it can even connect to itself.
    private const int First = 21_000;
    private const int Last = 29_999;
    private const int AttemptsMax = 200;

    private static readonly HashSet<int> Given = [];

    public static int FreePort()
    {
        lock (Given)
        {
            for (var attempt = 0; attempt < AttemptsMax; attempt++)
            {
                var port = Random.Shared.Next(First, Last + 1);
                if (!Given.Contains(port) && IsFree(port))
                {
                    Given.Add(port);
                    return port;
                }
            }
        }

        throw new InvalidOperationException($"No free port between {First} and {Last} after {AttemptsMax} attempts.");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
