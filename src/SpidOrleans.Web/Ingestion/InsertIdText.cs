using System.Security.Cryptography;
using System.Text;
using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Ingestion;

/// <summary>Insert ids of clients that do not know Mixpanel's rules for them.</summary>
internal static class InsertIdText
{
    /// <summary>As it is if Mixpanel takes it, else always the same other one.</summary>
    /// <returns>Null: the sender has none, or had none and says so in one of the ways that Mixpanel forbids.</returns>
    public static string? Normalise(string? sent)
    {
        if (string.IsNullOrEmpty(sent) || ForbiddenIds.Contains(sent)) return null;
        if (EventRules.IsInsertId(sent)) return sent;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sent)).AsSpan(0, 16));
    }
}
