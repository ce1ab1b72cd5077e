using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Admission;

/// <summary>A client's id and secret, as HTTP Basic carries them.</summary>
internal static class BasicCredentials
{
    private const int LengthMax = 2_000;

    // An unknown client costs the same comparison as a known one, against a digest that nothing hashes to.
    private static readonly byte[] NobodysHash = new byte[SHA256.HashSizeInBytes];

    /// <returns>The client that the header proves; null when it proves none.</returns>
    public static Client? FindProven(this ClientRegistry clients, string header)
    {
        if (clients.Proven.TryGetValue(header, out var known)) return known;
        var client = TryRead(header, out var id, out var secret) ? clients.FindProven(id, secret) : null;
        if (client is not null && clients.Proven.Count < ClientRegistry.ProvenMax) clients.Proven.TryAdd(header, client);
        return client;
    }

    /// <inheritdoc cref="FindProven(ClientRegistry, string)"/>
    public static Client? FindProven(this ClientRegistry clients, string id, ReadOnlySpan<byte> secret)
    {
        var client = clients.Find(id);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(secret, hash);
        return CryptographicOperations.FixedTimeEquals(hash, client?.SecretHash ?? NobodysHash) ? client : null;
    }

    /// <summary>True when the header is one of HTTP Basic, whatever it proves.</summary>
    public static bool TryRead(string header, out string id, out ReadOnlySpan<byte> secret)
    {
        id = "";
        secret = default;
        if (header.Length is 0 or > LengthMax || !AuthenticationHeaderValue.TryParse(header, out var value)) return false;
        if (!BasicAuthentication.Name.Equals(value.Scheme, StringComparison.OrdinalIgnoreCase) || value.Parameter is null) return false;
        var credentials = new byte[value.Parameter.Length];
        if (!Convert.TryFromBase64String(value.Parameter, credentials, out var length)) return false;
        var colon = credentials.AsSpan(0, length).IndexOf((byte)':');
        if (colon < 0) return false;
        id = Encoding.UTF8.GetString(credentials, 0, colon);
        secret = credentials.AsSpan()[(colon + 1)..length];
        return true;
    }
}
