using System.Globalization;

namespace SpidOrleans.Cluster.Outbox;

/// <summary>Which state of an identity somebody acts upon.</summary>
/// <param name="State">The name that it is stored under.</param>
/// <param name="Key">The identity: <c>v:…</c> or <c>u:…</c>.</param>
/// <param name="Version">The version read or written last; 0: nothing was stored.</param>
public readonly record struct StateVersion(string State, string Key, int Version)
{
    /// <param name="etag">The grain storage's; null: nothing was stored.</param>
    public static StateVersion Of(string state, string key, string? etag) =>
        new(state, key, etag is null ? 0 : int.Parse(etag, CultureInfo.InvariantCulture));
}
