using System.Collections.Frozen;

namespace SpidOrleans.Mixpanel.Rules;

/// <summary>What Mixpanel refuses as an insert id or distinct id.</summary>
public static class ForbiddenIds
{
    /// <summary>In any case: Mixpanel's pages do not say whether 'NULL' passes.</summary>
    private static readonly FrozenSet<string> Ids = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "00000000-0000-0000-0000-000000000000", "anon", "anonymous", "nil", "none", "null", "n/a", "na", "undefined",
        "unknown", "<nil>", "0", "-1", "true", "false", "[]", "{}");

    public static bool Contains(string id) => Ids.Contains(id);
}
