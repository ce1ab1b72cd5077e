using System.Collections.Concurrent;

namespace SpidOrleans.Cluster.Outbox;

/// <summary>A slice of a project's lanes; one emitter drains it. Written <c>{project}/{number}</c>, as the emitter's key.</summary>
public readonly record struct Shard(string Project, int Number)
{
    public const int CountMax = 1_024;

    // Bounded by the shards that there are; made anew for every event they would be a good part of its garbage.
    private static readonly ConcurrentDictionary<Shard, string> Keys = new();

    public string Key => Keys.TryGetValue(this, out var key) ? key : Keys.GetOrAdd(this, $"{Project}/{Number}");

    public override string ToString() => Key;

    public static Shard Parse(string key)
    {
        var slash = key.LastIndexOf('/');
        return new Shard(key[..slash], int.Parse(key.AsSpan(slash + 1)));
    }

    /// <summary>The shard of an identity. FNV-1a: stable for ever, since rows stay where it put them.</summary>
    public static Shard Of(string project, string identity, int shards)
    {
        var hash = 2166136261u;
        foreach (var character in identity) hash = (hash ^ character) * 16777619;
        // FNV's low bits alone spread badly over powers of two: fold the high half in.
        return new Shard(project, (int)((hash ^ (hash >> 16)) % (uint)shards));
    }
}

/// <summary>The ordered events of one identity (<c>v:…</c> or <c>u:…</c>) in one project.</summary>
public readonly record struct Lane(Shard Shard, string Identity)
{
    /// <summary>Where an identity's rows are; what Mixpanel's profile of a user is told (<c>p:…</c>) lies in the shard of the user's events.</summary>
    public static Lane Of(string project, string identity, int shards) =>
        new(Shard.Of(project, identity is ['p', ':', .. var user] ? "u:" + user : identity, shards), identity);
}
