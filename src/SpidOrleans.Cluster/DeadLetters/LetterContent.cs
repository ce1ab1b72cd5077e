using System.Text.Json;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.DeadLetters;

namespace SpidOrleans.Cluster.DeadLetters;

/// <summary>What letters are looked for by and is told nowhere but in the payload.</summary>
internal readonly record struct LetterContent(string? Event, string? InsertId, string? Visitor, string? User)
{
    public static LetterContent Read(ReadOnlySpan<byte> payload)
    {
        string? name = null, insertId = null, visitor = null, user = null;
        try
        {
            var reader = new Utf8JsonReader(payload.Trim(" \n"u8));
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.CurrentDepth == 1 && reader.ValueTextEquals("properties"u8))
                {
                    reader.Read();
                    continue;
                }

                ref var target = ref name;
                var isOurs = true;
                if (reader.ValueTextEquals("$insert_id"u8)) target = ref insertId;
                else if (reader.ValueTextEquals("$device_id"u8)) target = ref visitor;
                else if (reader.ValueTextEquals("$user_id"u8) || (reader.CurrentDepth == 1 && reader.ValueTextEquals("$distinct_id"u8))) target = ref user;
                else isOurs = reader.CurrentDepth == 1 && reader.ValueTextEquals("event"u8);
                reader.Read();
                if (isOurs && reader.TokenType == JsonTokenType.String) target = reader.GetString();
                else reader.Skip();
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Nobody's writing of ours: it is found by what its row says alone.
        }

        return new LetterContent(name, insertId, visitor, user);
    }

    /// <summary>Whether a letter matches; reason and time of the refusal are the database's to compare.</summary>
    public static bool Matches(in StoredLetter letter, DeadLetterQuery query)
    {
        if (query is { Event: null, InsertId: null, User: null, Visitor: null }) return true;
        var content = Read(letter.Payload.Span);
        return (query.Event is null || content.Event == query.Event)
            && (query.InsertId is null || content.InsertId == query.InsertId)
            && (query.Visitor is not { } visitor || letter.Identity == visitor.Key || content.Visitor == visitor.ToString())
            && (query.User is not { } user || letter.Identity == user.Key || letter.Identity == user.ProfileKey || content.User == user.ToString());
    }
}
