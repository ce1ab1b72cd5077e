using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace SpidOrleans.Web.Admission;

/// <summary>Addresses as limits tell them apart: IPv6 by its /64, which is what one household or machine is given and changes within at will.</summary>
internal static class CallerAddress
{
    /// <summary>Whatever counts by address has so many places: addresses share one by chance, and nobody can choose with whom. A busy host
    /// sees some thousands at once.</summary>
    public const int SlotsMax = 1 << 14;

    /// <summary>Where this address, with whatever else matters, is counted.</summary>
    public static int SlotOf(IPAddress? address, string? with = null) => (int)((uint)HashCode.Combine(Significant(address), with) % SlotsMax);

    private static UInt128 Significant(IPAddress? address)
    {
        if (address is null) return 0;
        Span<byte> bytes = stackalloc byte[16];
        if (address.AddressFamily == AddressFamily.InterNetwork) address = address.MapToIPv6();
        address.TryWriteBytes(bytes, out _);
        var all = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return address.IsIPv4MappedToIPv6 ? all : all >> 64;
    }
}
