using System.Collections.Immutable;
using System.Text.Json;
using Orleans.Serialization;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Visitors;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Erasure;

/// <summary>What is to be done to erase somebody, here and at Mixpanel.</summary>
internal sealed class Erasures(ClusterSettings settings, Serializer serializer)
{
    /// <summary>Mixpanel's ceiling for one deletion.</summary>
    private const int IdsMax = 2_000;

    private readonly byte[] _tombstone = serializer.SerializeToArray(new VisitorState { IsErased = true });

    /// <summary>What waits and the dead letters alone: the persons stay, and so does what is known of them.</summary>
    public static Outbox.Erasure OfPending(IEnumerable<VisitorId> visitors, UserId? user = null) =>
        new() { User = user, Visitors = [.. visitors], Tombstone = default, IsOfPendingOnly = true };

    public Outbox.Erasure Of(UserId user, IEnumerable<VisitorId> visitors) => Of(visitors) with { User = user, Deletions = Deletions(user, visitors) };

    /// <param name="owner">Whose events have the visitor's among them; null: nobody's.</param>
    public Outbox.Erasure Of(VisitorId visitor, UserId? owner) => Of([visitor]) with { Owner = owner, Deletions = Deletions(null, [visitor]) };

    private Outbox.Erasure Of(IEnumerable<VisitorId> visitors) => new() { Visitors = [.. visitors], Tombstone = _tombstone };

    /// <summary>In every project that can be asked: what was delivered is not remembered here. A device has an id of its own wherever no
    /// event has linked it with the user.</summary>
    private ImmutableArray<DeletionRequest> Deletions(UserId? user, IEnumerable<VisitorId> visitors)
    {
        var ids = visitors.Select(visitor => "$device:" + visitor);
        if (user is { } person) ids = ids.Prepend(person.ToString());
        var lists = ids.Chunk(IdsMax).Select(list => JsonSerializer.Serialize(list)).ToList();
        return [.. settings.Projects.Values.Where(project => project.DeletionToken is not null)
            .SelectMany(project => lists.Select(list => new DeletionRequest(project.Name, list)))];
    }
}
