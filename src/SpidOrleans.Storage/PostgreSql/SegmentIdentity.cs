using System.Text;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>An identity as a segment has it: its UTF-8, or, of a visitor, a mark and the 16 bytes of its id.</summary>
internal sealed class SegmentIdentity(string identity)
{
    private const string VisitorPrefix = "v:";
    private const int VisitorLength = 2 + 36;
    private const int UuidBytes = 16;

    /// <summary>No identity begins with this character.</summary>
    private const byte VisitorMark = 1;

    // Both: older builds wrote visitors in full.
    private readonly byte[] _text = Encoding.UTF8.GetBytes(identity);
    private readonly byte[] _written = Written(identity);

    public bool Is(ReadOnlySpan<byte> written) => written.SequenceEqual(_written) || written.SequenceEqual(_text);

    public static int BytesMax(string identity) => Encoding.UTF8.GetMaxByteCount(identity.Length);

    /// <returns>How many bytes it took.</returns>
    public static int Write(string identity, Span<byte> to)
    {
        if (!TryReadVisitor(identity, out var id)) return Encoding.UTF8.GetBytes(identity, to);
        to[0] = VisitorMark;
        id.TryWriteBytes(to[1..], bigEndian: true, out _);
        return 1 + UuidBytes;
    }

    public static string Read(ReadOnlySpan<byte> written) =>
        written is [VisitorMark, .. var id] ? VisitorPrefix + new Guid(id, bigEndian: true).ToString("D") : Encoding.UTF8.GetString(written);

    /// <summary>Only what is read back as the same characters.</summary>
    private static bool TryReadVisitor(string identity, out Guid id)
    {
        id = default;
        return identity.Length == VisitorLength && identity.StartsWith(VisitorPrefix, StringComparison.Ordinal)
            && Guid.TryParseExact(identity.AsSpan(VisitorPrefix.Length), "D", out id) && !identity.AsSpan().ContainsAnyInRange('A', 'F');
    }

    private static byte[] Written(string identity)
    {
        var buffer = new byte[BytesMax(identity)];
        return buffer[..Write(identity, buffer)];
    }
}
