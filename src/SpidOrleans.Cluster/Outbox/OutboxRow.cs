namespace SpidOrleans.Cluster.Outbox;

/// <summary>An event that waits in a lane.</summary>
public readonly struct OutboxRow
{
    private readonly ReadOnlyMemory<byte> _payload;

    public OutboxRow(long position, ReadOnlyMemory<byte> payload) => (Position, _payload) = (position, payload);

    /// <param name="index">Its place in the pack.</param>
    public OutboxRow(long position, OutboxPack pack, int index) => (Position, Pack, Index) = (position, pack, index);

    /// <summary>Its place among all rows of the outbox; never used twice.</summary>
    public long Position { get; }

    /// <summary>What its payload is stored in, if it is stored with others; then it is an event.</summary>
    public OutboxPack? Pack { get; }

    public int Index { get; }

    public ReadOnlyMemory<byte> Payload => Pack is null ? _payload : Pack[Index];

    public PayloadKind Kind => Pack is null ? OutboxPayload.KindOf(_payload.Span) : PayloadKind.Event;
}
