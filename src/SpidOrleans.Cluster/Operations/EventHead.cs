using System.Text.Json;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Operations;

/// <summary>What a payload says of itself at its beginning, as spans into it: nothing is made for an event that nobody looks at.</summary>
internal readonly ref struct EventHead
{
    /// <summary>As it stands in the JSON, escapes and all; empty: a change of a profile.</summary>
    public ReadOnlySpan<byte> Name { get; private init; }

    public ReadOnlySpan<byte> InsertId { get; private init; }

    /// <summary>Of a visitor.</summary>
    public ReadOnlySpan<byte> Device { get; private init; }

    public ReadOnlySpan<byte> User { get; private init; }

    public ReadOnlySpan<byte> Client { get; private init; }

    /// <param name="payload">Of the outbox, marks included.</param>
    /// <returns>Nothing of what it does not find.</returns>
    public static EventHead Read(ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> name = default, insertId = default, device = default, user = default, client = default;
        try
        {
            var reader = new Utf8JsonReader(payload);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.CurrentDepth == 1 && reader.ValueTextEquals("properties"u8))
                {
                    reader.Read();
                    continue;
                }

                var isName = reader.CurrentDepth == 1 && reader.ValueTextEquals("event"u8);
                var isInsertId = reader.ValueTextEquals("$insert_id"u8);
                var isDevice = reader.ValueTextEquals("$device_id"u8);
                var isUser = reader.ValueTextEquals("$user_id"u8) || reader.ValueTextEquals("$distinct_id"u8);
                var isEither = reader.ValueTextEquals("distinct_id"u8);
                var isClient = reader.ValueTextEquals("Client"u8);
                // The server writes its own first, and the sender's after them: what it did not write is not looked at.
                var isOurs = isName || isInsertId || isDevice || isUser || isEither || isClient || reader.ValueTextEquals("time"u8)
                    || reader.ValueTextEquals("Version"u8) || reader.ValueTextEquals("Revision"u8);
                if (!isOurs) break;
                reader.Read();
                if (reader.TokenType != JsonTokenType.String) continue;
                var value = reader.ValueSpan;
                if (isName) name = value;
                else if (isInsertId) insertId = value;
                else if (isDevice || isEither && IsVisitor(value)) device = value;
                else if (isUser || isEither) user = value;
                else if (isClient)
                {
                    client = value;
                    break;
                }
            }
        }
        catch (JsonException)
        {
            // Nobody's writing of ours: what was found is all there is.
        }

        return new EventHead { Name = name, InsertId = insertId, Device = device, User = user, Client = client };
    }

    private static bool IsVisitor(ReadOnlySpan<byte> value)
    {
        if (value.Length != 36) return false;
        Span<char> text = stackalloc char[36];
        for (var i = 0; i < 36; i++) text[i] = (char)value[i];
        return VisitorId.TryParse(text.ToString(), out _);
    }
}
