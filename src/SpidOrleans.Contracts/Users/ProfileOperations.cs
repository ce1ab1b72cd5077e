namespace SpidOrleans.Contracts.Users;

/// <summary>What Mixpanel can do to a profile.</summary>
public static class ProfileOperations
{
    public const string Set = "$set";
    public const string SetOnce = "$set_once";
    public const string Add = "$add";
    public const string Append = "$append";
    public const string Union = "$union";
    public const string Remove = "$remove";
    public const string Unset = "$unset";
    public const string Delete = "$delete";

    public static IReadOnlyList<string> All { get; } = [Set, SetOnce, Add, Append, Union, Remove, Unset, Delete];

    /// <summary>False for what carried out twice is another thing than once: Mixpanel has nothing by which it could tell a repeat.</summary>
    public static bool IsRepeatable(string operation) => operation is not (Add or Append);

    /// <summary>Something that was there is gone after it.</summary>
    public static bool TakesAway(string operation) => operation is Remove or Unset or Delete;
}

/// <summary>Bounds of profiles: Mixpanel's own, on the safe side.</summary>
public static class ProfileLimits
{
    /// <summary>Properties that one change may name; a profile has no more.</summary>
    public const int PropertiesMax = 2_000;

    /// <summary>Of an operation's argument, in JSON; the rest of Mixpanel's 1 MB is room for ids and token.</summary>
    public const int UpdateBytesMax = 1_000_000;

    /// <summary>Of one list or object in it.</summary>
    public const int ContainerBytesMax = 256 << 10;

    /// <summary>Changes that wait with an anonymous visitor.</summary>
    public const int HeldMax = 100;

    /// <summary>Of their arguments together: they are written anew with each.</summary>
    public const int HeldBytesMax = 64 << 10;

    /// <summary>What SPiD tells of its users: no sender says it in SPiD's place.</summary>
    public static IReadOnlySet<string> Names { get; } = new HashSet<string>(StringComparer.Ordinal) { "Locale", "Birthday", "Last authenticated", "Last login" };
}
