using System.Text;
using System.Text.RegularExpressions;

namespace SpidOrleans.Web.Configuration;

/// <summary>Section <c>Session</c>.</summary>
/// <param name="CookieDomain">Shared by the hosts below it; null: the cookie is this host's alone.</param>
/// <param name="SigningKey">Signs visitor cookies; null: generated once and kept in the database.</param>
/// <param name="Lifetime">After its last use; longer is more comfortable and riskier on shared computers.</param>
public sealed partial record SessionSettings(string? CookieDomain, byte[]? SigningKey, TimeSpan Lifetime)
{
    [GeneratedRegex(@"^\.?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", RegexOptions.IgnoreCase)]
    private static partial Regex Domain { get; }

    public override string ToString() => $"{Lifetime:c} on {CookieDomain ?? "this host"}";

    internal static SessionSettings Read(SectionReader section)
    {
        var domain = section.Text("CookieDomain", "a domain such as news.test", 253, Domain.IsMatch);
        var key = section.Text("SigningKey", "32 to 1,000 characters", accepts: text => text.Length >= 32);
        var lifetime = section.Duration("Lifetime", TimeSpan.FromHours(2), TimeSpan.FromMinutes(1), TimeSpan.FromDays(30));
        section.RefuseUnknown();
        return new SessionSettings(domain?.TrimStart('.').ToLowerInvariant(), key is null ? null : Encoding.UTF8.GetBytes(key), lifetime);
    }
}
