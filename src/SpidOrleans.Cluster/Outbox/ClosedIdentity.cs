using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace SpidOrleans.Cluster.Outbox;

/// <summary>Under which name it is stored that an identity takes no more events: a visitor's own, whose successor is looked up by it; a
/// user is closed by erasure alone, and is nothing but a digest then.</summary>
public static class ClosedIdentity
{
    private const string Context = "SpidOrleans erased user\n";

    /// <param name="identity"><c>v:…</c>; <c>u:…</c> and <c>p:…</c>, which one user shares.</param>
    public static string KeyOf(string identity) => identity is ['u' or 'p', ':', .. var user]
        ? "e:" + Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(Context + user)))
        : identity;
}
