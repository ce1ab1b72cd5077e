using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Admission;

/// <summary>Open connections by address: nobody who opens and holds all that he can keeps others out. A proxy's are many people's.</summary>
/// <param name="most">Of one address.</param>
internal sealed class ConnectionShares(SpidSettings settings, Refusals refusals, int most)
{
    private readonly int[] _open = new int[CallerAddress.SlotsMax];

    public static void Use(ListenOptions listen, int most)
    {
        var shares = ActivatorUtilities.CreateInstance<ConnectionShares>(listen.ApplicationServices, most);
        listen.Use(next => connection => shares.ServeAsync(connection, next));
    }

    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.RemoteEndPoint is not IPEndPoint { Address: var address } || IsProxy(address))
        {
            await next(connection);
            return;
        }

        var slot = CallerAddress.SlotOf(address);
        try
        {
            if (Interlocked.Increment(ref _open[slot]) <= most) await next(connection);
            // Closed without a word: an answer costs a read first.
            else refusals.Count(RefusalReason.Connections);
        }
        finally
        {
            Interlocked.Decrement(ref _open[slot]);
        }
    }

    private bool IsProxy(IPAddress address)
    {
        if (settings.Proxies.IsEmpty) return false;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return settings.Proxies.Any(proxy => proxy.Contains(plain));
    }
}
