using System.Security.Claims;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.SignIn;

/// <summary>What OpenID Connect's standard claims say of a user. What cannot be used is left out: nobody is kept from signing in
/// by a birthdate.</summary>
internal static class ProviderProfile
{
    private const int NameCharsMax = 255;

    public static UserProfile? Read(ClaimsPrincipal person, DateTimeOffset now)
    {
        var profile = new UserProfile
        {
            Birthday = person.FindFirst("birthdate")?.Value is { } text && BodyReader.TryParseBirthday(text, now, out var day) ? day : null,
            Gender = Take("gender", ProfileFields.IsGender),
            Locale = Take("locale", ProfileFields.IsLocale),
            DisplayName = Take("name", IsName),
            GivenName = Take("given_name", IsName),
            FamilyName = Take("family_name", IsName),
        };
        return profile == UserProfile.Empty ? null : profile;

        string? Take(string claim, Func<string, bool> isUsable) => person.FindFirst(claim)?.Value is { } value && isUsable(value) ? value : null;
    }

    /// <summary>1 to 255 characters, whole ones.</summary>
    public static bool IsName(string text)
    {
        if (text.Length is 0 or > NameCharsMax || string.IsNullOrWhiteSpace(text)) return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i])) return false;
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return false;
            i++;
        }

        return true;
    }
}
