using System.Diagnostics.CodeAnalysis;

namespace SpidOrleans.Contracts.Users;

/// <summary>A SPiD user's id; doubles as Mixpanel's <c>$user_id</c>.</summary>
[GenerateSerializer, Immutable, Alias("spid.user-id")]
public readonly record struct UserId
{
    public const int LengthMax = 128;

    /// <summary>What Mixpanel refuses as an id (event deduplication page), whatever the case.</summary>
    private static readonly HashSet<string> Forbidden = new(StringComparer.OrdinalIgnoreCase)
    {
        "00000000-0000-0000-0000-000000000000", "anon", "anonymous", "nil", "none", "null", "n/a", "na", "undefined",
        "unknown", "<nil>", "0", "-1", "true", "false", "[]", "{}",
    };

    [Id(0)] private readonly string _value;

    private UserId(string value) => _value = value;

    /// <summary>The rule, as an error message says it.</summary>
    public const string Rule =
        "1 to 128 characters without control characters or surrounding white space, not one of Mixpanel's forbidden ids (such as 'null' or '0'), not starting with '$device:'";

    public static bool TryParse([NotNullWhen(true)] string? text, out UserId id)
    {
        id = default;
        if (string.IsNullOrEmpty(text) || text.Length > LengthMax || Forbidden.Contains(text)) return false;
        if (text.StartsWith("$device:", StringComparison.OrdinalIgnoreCase)) return false;
        if (char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1])) return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i])) return false;
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return false;
            i++;
        }

        id = new UserId(text);
        return true;
    }

    /// <summary>The grain key and the identity in the outbox: <c>u:</c> and the id.</summary>
    public string Key => "u:" + _value;

    /// <summary>The identity in the outbox of what Mixpanel's profile is to be told. Apart from the events', whose number is shown and
    /// limited, but in the shard of <see cref="Key"/>, where their positions keep the order. Whoever erases a user erases both.</summary>
    public string ProfileKey => "p:" + _value;

    public override string ToString() => _value ?? "";
}
