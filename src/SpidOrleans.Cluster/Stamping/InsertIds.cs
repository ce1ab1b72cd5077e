using System.Security.Cryptography;

namespace SpidOrleans.Cluster.Stamping;

/// <summary>Insert ids for events whose sender gave none: UUIDs version 4. The system is asked for randomness a page at a time:
/// a call for each id was a fiftieth of what an event costs.</summary>
internal static class InsertIds
{
    private const int UuidBytes = 16;

    [ThreadStatic] private static byte[]? t_random;
    [ThreadStatic] private static int t_left;

    public static string Mint()
    {
        var random = t_random ??= new byte[256 * UuidBytes];
        if (t_left == 0)
        {
            RandomNumberGenerator.Fill(random);
            t_left = random.Length;
        }

        var bytes = random.AsSpan(random.Length - t_left, UuidBytes);
        t_left -= UuidBytes;
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }
}
