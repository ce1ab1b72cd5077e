using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace SpidOrleans.Web.Configuration;

/// <summary>Section <c>Session</c>.</summary>
/// <param name="CookieDomain">Shared by the hosts below it; null: the cookie is this host's alone.</param>
/// <param name="SigningKey">Signs visitor cookies; null: generated once and kept in the database.</param>
/// <param name="FormerSigningKeys">Cookies that they signed are still taken, and signed anew when they come.</param>
/// <param name="Lifetime">After its last use; longer is more comfortable and riskier on shared computers.</param>
/// <param name="RememberLifetime">After the login of a person who wants to be remembered.</param>
public sealed partial record SessionSettings(
    string? CookieDomain, byte[]? SigningKey, ImmutableArray<byte[]> FormerSigningKeys, TimeSpan Lifetime, TimeSpan RememberLifetime)
{
    private const string KeyRule = "32 to 1,000 characters";

    [GeneratedRegex(@"^\.?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", RegexOptions.IgnoreCase)]
    private static partial Regex Domain { get; }

    public override string ToString() => $"{Lifetime:c} on {CookieDomain ?? "this host"}";

    internal static SessionSettings Read(SectionReader section)
    {
        var domain = section.Text("CookieDomain", "a domain such as news.test", 253, Domain.IsMatch);
        var key = section.Text("SigningKey", KeyRule, accepts: IsKey);
        var formerKeys = section.List("FormerSigningKeys", KeyRule, IsKey);
        if (formerKeys.Count > 0 && key is null && !section.Has("SigningKey"))
            section.Fault("SigningKey", null, "the key that signs from now on, since there are FormerSigningKeys");
        var lifetime = section.Duration("Lifetime", TimeSpan.FromHours(2), TimeSpan.FromMinutes(1), TimeSpan.FromDays(30));
        var remembered = section.Duration("RememberLifetime", TimeSpan.FromDays(90), TimeSpan.FromHours(1), TimeSpan.FromDays(400));
        section.RefuseUnknown();
        return new SessionSettings(
            domain?.TrimStart('.').ToLowerInvariant(), key is null ? null : Encoding.UTF8.GetBytes(key),
            [.. formerKeys.Select(Encoding.UTF8.GetBytes)], lifetime, remembered);
    }

    private static bool IsKey(string text) => text.Length is >= 32 and <= 1_000;
}
