using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Hosting;

/// <summary>Finds out before anything starts what would otherwise end in the middle of a start, with pages of stack trace.</summary>
public static class Ports
{
    private const string KestrelDefault = "http://localhost:5000";

    /// <exception cref="PortTakenException">Naming the setting.</exception>
    /// <exception cref="ConfigurationException">An address that nobody can listen on.</exception>
    public static void RequireFree(string? urls)
    {
        foreach (var url in (urls ?? KestrelDefault).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (ToEndPoint(url) is { Port: > 0 } endPoint) RequireFree("ASPNETCORE_URLS", endPoint);
        }
    }

    /// <inheritdoc cref="RequireFree(string?)"/>
    public static void RequireFree(string key, IPEndPoint endPoint)
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
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressNotAvailable)
        {
            throw new ConfigurationException([new(key, $"{endPoint}", "an address of this machine")]);
        }
        catch (SocketException)
        {
            // Kestrel and Orleans say so themselves.
        }
    }

    /// <summary>Null where there is no port to try: pipes.</summary>
    private static IPEndPoint? ToEndPoint(string url)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            throw NoAddress(url);
        }

        if (address.IsUnixPipe || address.IsNamedPipe) return null;
        if (address.Port is < IPEndPoint.MinPort or > IPEndPoint.MaxPort) throw NoAddress(url);
        var host = IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) ? ip
            : WebOrigin.IsLoopback(address.Host) ? IPAddress.Loopback
            : IPAddress.Any;
        return new IPEndPoint(host, address.Port);
    }

    private static ConfigurationException NoAddress(string url) =>
        new([new("ASPNETCORE_URLS", url, "addresses such as http://127.0.0.1:5000, with ports up to 65535, separated by ';'")]);
}
