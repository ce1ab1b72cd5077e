namespace SpidOrleans.Contracts.Users;

/// <summary>What SPiD knows of a user; a null field is unknown. Strings are 1 to 255 characters.</summary>
[GenerateSerializer, Immutable, Alias("spid.user-profile")]
public sealed record UserProfile
{
    public static readonly UserProfile Empty = new();

    [Id(0)] public DateOnly? Birthday { get; init; }

    /// <summary><c>male</c>, <c>female</c>, <c>undisclosed</c> or <c>withheld</c>.</summary>
    [Id(1)] public string? Gender { get; init; }

    [Id(2)] public string? Status { get; init; }

    [Id(3)] public DateTimeOffset? Registered { get; init; }

    [Id(4)] public string? Locale { get; init; }

    [Id(5)] public string? DisplayName { get; init; }

    [Id(6)] public string? GivenName { get; init; }

    [Id(7)] public string? FamilyName { get; init; }

    /// <summary>Takes over every field that <paramref name="newer"/> knows.</summary>
    public UserProfile With(UserProfile newer) => new()
    {
        Birthday = newer.Birthday ?? Birthday,
        Gender = newer.Gender ?? Gender,
        Status = newer.Status ?? Status,
        Registered = newer.Registered ?? Registered,
        Locale = newer.Locale ?? Locale,
        DisplayName = newer.DisplayName ?? DisplayName,
        GivenName = newer.GivenName ?? GivenName,
        FamilyName = newer.FamilyName ?? FamilyName,
    };
}
