using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace SpidOrleans.Contracts.Visitors;

/// <summary>A visitor's id: a UUID version 4, lower case; doubles as Mixpanel's <c>$device_id</c>. An address, never a proof.</summary>
[GenerateSerializer, Immutable, Alias("spid.visitor-id")]
public readonly record struct VisitorId
{
    [Id(0)] private readonly Guid _value;

    private VisitorId(Guid value) => _value = value;

    /// <summary>Mints an id from 122 random bits of the system's cryptographic source. Costs no write.</summary>
    public static VisitorId New()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new VisitorId(new Guid(bytes, bigEndian: true));
    }

    /// <summary>Takes the 36-character form of a UUID version 4 (RFC 9562 variant), in either case.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out VisitorId id)
    {
        id = default;
        if (text is not { Length: 36 } || !Guid.TryParseExact(text, "D", out var guid)) return false;
        if (text[14] != '4' || text[19] is not ('8' or '9' or 'a' or 'b' or 'A' or 'B')) return false;
        id = new VisitorId(guid);
        return true;
    }

    /// <summary>The grain key and the identity in the outbox: <c>v:</c> and the id.</summary>
    public string Key => string.Create(KeyLength, this, static (key, id) => id.FormatKey(key));

    /// <summary>Writes <see cref="Key"/> without making a string of it.</summary>
    /// <param name="key">At least <see cref="KeyLength"/> characters.</param>
    public void FormatKey(Span<char> key)
    {
        (key[0], key[1]) = ('v', ':');
        _value.TryFormat(key[2..], out _, "D");
    }

    /// <summary>Of <see cref="Key"/>, in characters.</summary>
    public const int KeyLength = 2 + 36;

    public override string ToString() => _value.ToString("D");
}
