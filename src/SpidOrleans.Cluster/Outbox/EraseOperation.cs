using System.Collections.Immutable;
using System.Text;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Outbox;

/// <summary>Who is to be erased, in one transaction with all that is left of them.</summary>
public sealed record Erasure
{
    /// <summary>Null: visitors alone.</summary>
    public UserId? User { get; init; }

    /// <summary>With a user: all that belong to it.</summary>
    public required ImmutableArray<VisitorId> Visitors { get; init; }

    /// <summary>Whose lane has events of the visitors and stays; null: nobody's.</summary>
    public UserId? Owner { get; init; }

    /// <summary>What is stored as the state of each visitor: that it is erased.</summary>
    public required ReadOnlyMemory<byte> Tombstone { get; init; }

    /// <summary>Events and dead letters go; nobody is closed, no state is touched.</summary>
    public bool IsOfPendingOnly { get; init; }

    /// <summary>What Mixpanel is to be asked to delete.</summary>
    public ImmutableArray<DeletionRequest> Deletions { get; init; } = [];
}

/// <param name="Ids">A JSON list of at most 2,000 of Mixpanel's ids.</param>
public readonly record struct DeletionRequest(string Project, string Ids);

/// <summary>What went.</summary>
/// <param name="IsComplete">False: visitors have joined the user since they were looked up; nothing was done.</param>
public readonly record struct Erased(bool IsComplete, int Events = 0, int Letters = 0);

/// <summary>See <see cref="IOutbox.EraseAsync"/>.</summary>
public sealed class EraseOperation : OutboxOperation<Erased>
{
    private readonly HashSet<string> _identities;
    private readonly byte[][] _devices;

    public EraseOperation(Erasure erasure)
    {
        Erasure = erasure;
        Visitors = [.. erasure.Visitors.Select(visitor => visitor.Key)];
        Identities = [.. Visitors, .. KeysOf(erasure.User)];
        OwnerLanes = [.. KeysOf(erasure.Owner)];
        _identities = [.. Identities];
        _devices = [.. erasure.Visitors.Select(visitor => Encoding.UTF8.GetBytes($"\"{visitor}\""))];
    }

    public Erasure Erasure { get; }

    /// <summary>The visitors' keys.</summary>
    public string[] Visitors { get; }

    /// <summary>Whose lanes and letters go whole.</summary>
    public string[] Identities { get; }

    /// <summary>Of whose lanes and letters those go that name a visitor.</summary>
    public string[] OwnerLanes { get; }

    /// <summary>How an event among its owner's names each visitor.</summary>
    public IReadOnlyList<byte[]> Devices => _devices;

    /// <summary>Under which names they are closed from now on.</summary>
    public string[] Closed => [.. Identities.Select(ClosedIdentity.KeyOf).Distinct()];

    public override int Rows => Identities.Length + OwnerLanes.Length;

    /// <summary>Whether this event or letter goes.</summary>
    public bool Takes(string identity, ReadOnlySpan<byte> payload)
    {
        if (_identities.Contains(identity)) return true;
        if (!OwnerLanes.Contains(identity)) return false;
        foreach (var device in _devices)
        {
            if (payload.IndexOf(device) >= 0) return true;
        }

        return false;
    }

    private static IEnumerable<string> KeysOf(UserId? user) => user is { } id ? [id.Key, id.ProfileKey] : [];
}
