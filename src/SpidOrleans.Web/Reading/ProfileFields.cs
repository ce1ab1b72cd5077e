using System.Text.RegularExpressions;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Web.Reading;

/// <summary>A user's profile, as a body or as a part of one.</summary>
internal partial struct ProfileFields : IFields
{
    public const string GenderRule = "The gender must be one of male, female, undisclosed and withheld.";
    public const string LocaleRule = "The locale must be a string such as nb_NO or nb-NO.";

    private const int Birthday = 0;
    private const int Gender = 1;
    private const int Status = 2;
    private const int Registered = 3;
    private const int Locale = 4;
    private const int DisplayName = 5;
    private const int GivenName = 6;
    private const int FamilyName = 7;

    private const int LocaleCharsMax = 35;

    private DateOnly? _birthday;
    private string? _gender;
    private string? _status;
    private DateTimeOffset? _registered;
    private string? _locale;
    private string? _displayName;
    private string? _givenName;
    private string? _familyName;

    public static FieldNames Names { get; } = new(
        "a profile", "birthday", "gender", "status", "registered", "locale", "displayName", "givenName", "familyName");

    public void ReadField(ref BodyReader reader, int field)
    {
        var name = Names[field];
        switch (field)
        {
            case Birthday: _birthday = reader.ReadBirthday(name); break;
            case Gender: _gender = ReadGender(ref reader, name); break;
            case Status: _status = reader.ReadText(name); break;
            case Registered: _registered = reader.ReadMoment(name); break;
            case Locale: _locale = ReadLocale(ref reader, name); break;
            case DisplayName: _displayName = reader.ReadText(name); break;
            case GivenName: _givenName = reader.ReadText(name); break;
            case FamilyName: _familyName = reader.ReadText(name); break;
        }
    }

    public readonly void Complete(ref BodyReader reader, FieldSet given)
    {
        // Every field may be absent, even all of them.
    }

    public readonly UserProfile ToProfile() => new()
    {
        Birthday = _birthday,
        Gender = _gender,
        Status = _status,
        Registered = _registered,
        Locale = _locale,
        DisplayName = _displayName,
        GivenName = _givenName,
        FamilyName = _familyName,
    };

    public static bool IsGender(string text) => text is "male" or "female" or "undisclosed" or "withheld";

    public static bool IsLocale(string text) => text.Length <= LocaleCharsMax && LocalePattern().IsMatch(text);

    private static string? ReadGender(ref BodyReader reader, string place)
    {
        var gender = reader.ReadString(place, BodyReader.TextCharsMax, GenderRule);
        if (gender is null || IsGender(gender)) return gender;
        reader.Errors.Add(place, GenderRule);
        return null;
    }

    private static string? ReadLocale(ref BodyReader reader, string place)
    {
        var locale = reader.ReadString(place, LocaleCharsMax, LocaleRule);
        if (locale is null || IsLocale(locale)) return locale;
        reader.Errors.Add(place, LocaleRule);
        return null;
    }

    /// <summary>A language and up to three subtags: script, region, variant.</summary>
    [GeneratedRegex(@"^[A-Za-z]{2,3}(?:[_-][A-Za-z0-9]{2,8}){0,3}\z", RegexOptions.CultureInvariant)]
    private static partial Regex LocalePattern();
}
