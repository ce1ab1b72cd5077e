using System.Collections.Frozen;

namespace SpidOrleans.Mixpanel.Preview;

/// <summary>Mixpanel's own limits for <c>/import</c>, as its reference states them. What this product accepts stays inside them.</summary>
internal static class ImportLimits
{
    public const int RequestEventsMax = 2_000;

    public const int RequestBytesMax = 10 << 20;

    /// <summary>«Under 1 MB»: one byte less is the most.</summary>
    public const int EventBytesMax = (1 << 20) - 1;

    public const int NameCharsMax = 255;

    public const int IdCharsMax = 255;

    public const int InsertIdCharsMax = 36;

    /// <summary>«Fewer than 255» properties, keys of an object and items of a list.</summary>
    public const int EntriesMax = 254;

    /// <summary>Levels of lists and objects below <c>properties</c>.</summary>
    public const int LevelsMax = 3;

    /// <summary>One list or object, as it is written.</summary>
    public const int NestedBytesMax = 8 << 10;

    /// <summary>One list or object of a profile.</summary>
    public const int ProfileValueBytesMax = 256 << 10;

    public static readonly DateTimeOffset Earliest = new(1971, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static readonly TimeSpan AheadMax = TimeSpan.FromHours(1);

    /// <summary>Ids that mean that somebody had none. Mixpanel does not say whether case matters; here it does not.</summary>
    public static readonly FrozenSet<string> ForbiddenIds = new[]
    {
        "00000000-0000-0000-0000-000000000000", "anon", "anonymous", "nil", "none", "null", "n/a", "na", "undefined",
        "unknown", "<nil>", "0", "-1", "true", "false", "[]", "{}",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
