using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Cluster.Operations;

/// <summary>A line of the journal as it is kept: no reference in it, so that a million of them is nothing to the collector.</summary>
internal readonly struct JournalEntry
{
    public required long AtMs { get; init; }

    /// <summary>Of the insert id; 0: none.</summary>
    public ulong Event { get; init; }

    /// <summary>Empty: none.</summary>
    public Guid Visitor { get; init; }

    /// <summary>Of the user's id; 0: none.</summary>
    public ulong User { get; init; }

    /// <summary>Into the names of shards; 0: unknown.</summary>
    public ushort Shard { get; init; }

    /// <summary>Into the names of events; 0: unknown.</summary>
    public ushort Name { get; init; }

    public ushort Figure { get; init; }

    public JournalStep Step { init => _step = (byte)value; get => (JournalStep)_step; }

    private readonly byte _step;
}
