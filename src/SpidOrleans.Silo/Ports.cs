using System.Net;
using System.Net.Sockets;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Silo;

/// <summary>Finds out before anything starts what would otherwise end in the middle of a start, with pages of stack trace.</summary>
internal static class Ports
{
    /// <exception cref="PortTakenException">Naming the setting.</exception>
    public static void RequireFree(SiloSettings silo, string? urls)
    {
        RequireFree("Cluster:SiloPort", new IPEndPoint(IPAddress.Loopback, silo.SiloPort));
        RequireFree("Cluster:GatewayPort", new IPEndPoint(IPAddress.Loopback, silo.GatewayPort));
        foreach (var url in (urls ?? "http://localhost:5000").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (ToEndPoint(url) is { Port: > 0 } endPoint) RequireFree("ASPNETCORE_URLS", endPoint);
        }
    }

    private static void RequireFree(string key, IPEndPoint endPoint)
    {
        try
        {
            using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(endPoint);
            socket.Listen();
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            var reason = exception.SocketErrorCode == SocketError.AccessDenied ? "may not be used by this user" : "is in use by another process";
            throw new PortTakenException($"{key}: {endPoint} {reason}; choose another port", exception);
        }
        catch (SocketException)
        {
            // An address that this machine does not have: Kestrel and Orleans say so themselves.
        }
    }

    /// <summary>Null where there is no port to try: pipes, and what Kestrel will refuse itself.</summary>
    private static IPEndPoint? ToEndPoint(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            if (address.IsUnixPipe || address.IsNamedPipe) return null;
            var host = IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) ? ip
                : WebOrigin.IsLoopback(address.Host) ? IPAddress.Loopback
                : IPAddress.Any;
            return new IPEndPoint(host, address.Port);
        }
        catch (Exception exception) when (exception is FormatException or ArgumentOutOfRangeException)
        {
            // Not an address: Kestrel says so.
            return null;
        }
    }
}
