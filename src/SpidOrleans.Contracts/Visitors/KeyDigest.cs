using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace SpidOrleans.Contracts.Visitors;

/// <summary>What the cluster knows of the secret in a browser's cookie: enough to recognise it, too little to make it.</summary>
[GenerateSerializer, Immutable, Alias("spid.key-digest")]
public readonly record struct KeyDigest
{
    [Id(0)] private readonly string _value;

    private KeyDigest(string value) => _value = value;

    /// <param name="key">Random and long: it is hashed without salt.</param>
    public static KeyDigest Of(ReadOnlySpan<byte> key) => FromHash(SHA256.HashData(key));

    /// <summary>Takes back what <see cref="ToHash"/> gave.</summary>
    public static KeyDigest FromHash(ReadOnlySpan<byte> hash) => new(Base64Url.EncodeToString(hash));

    public byte[] ToHash() => Base64Url.DecodeFromChars(_value);

    /// <summary>Takes the same time whatever is compared.</summary>
    public bool Matches(KeyDigest? other) => other is { _value: { } value }
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(_value), Encoding.ASCII.GetBytes(value));

    /// <summary>Nothing that could be looked up.</summary>
    public override string ToString() => "a key's digest";
}
