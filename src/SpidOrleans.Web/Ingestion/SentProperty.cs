using System.Text.Json;
using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Ingestion;

/// <summary>What a property of an event is to its reader.</summary>
internal enum SentProperty
{
    /// <summary>The sender's own: it is forwarded.</summary>
    Own,
    Token,
    DistinctId,
    DeviceId,
    UserId,
    InsertId,
    Time,
    Ip,

    /// <summary>Mixpanel drops such an event.</summary>
    Ignore,

    /// <summary>Mixpanel's: it means something to Mixpanel that a sender must not say, and is left out.</summary>
    Reserved,
}

internal static class SentProperties
{
    /// <summary>What the name under the reader is.</summary>
    public static SentProperty Find(scoped in Utf8JsonReader json)
    {
        if (json.ValueIsEscaped && JsonText.FindFlaw(json) is not null) return SentProperty.Own;
        var name = json.ValueSpan;
        if (json.ValueIsEscaped)
        {
            // Whoever escapes letters must not smuggle in what is reserved.
            if (name.Length > 100 * JsonText.UnitBytesMax) return SentProperty.Own;
            Span<byte> plain = stackalloc byte[100 * JsonText.UnitBytesMax];
            return Find(plain[..json.CopyString(plain)]);
        }

        return Find(name);
    }

    private static SentProperty Find(ReadOnlySpan<byte> name)
    {
        if (name.Length is < 2 or > 40 || !ReservedNames.Contains(name)) return SentProperty.Own;
        return name switch
        {
            var _ when name.SequenceEqual("token"u8) => SentProperty.Token,
            var _ when name.SequenceEqual("distinct_id"u8) => SentProperty.DistinctId,
            var _ when name.SequenceEqual("$device_id"u8) => SentProperty.DeviceId,
            var _ when name.SequenceEqual("$user_id"u8) => SentProperty.UserId,
            var _ when name.SequenceEqual("$insert_id"u8) => SentProperty.InsertId,
            var _ when name.SequenceEqual("time"u8) => SentProperty.Time,
            var _ when name.SequenceEqual("ip"u8) => SentProperty.Ip,
            var _ when name.SequenceEqual("$ignore"u8) => SentProperty.Ignore,
            _ => SentProperty.Reserved,
        };
    }
}
