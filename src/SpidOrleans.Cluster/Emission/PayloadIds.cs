using System.Text.Json;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Cluster.Emission;

/// <summary>Whose a payload is, by the ids that it names.</summary>
internal static class PayloadIds
{
    /// <returns>None: it does not tell, or names a visitor while it waits among the events of a user.</returns>
    public static IReadOnlyList<string> Read(ReadOnlySpan<byte> payload)
    {
        if (OutboxPayload.IsUnnamed(payload)) return [];
        var ids = new List<string>(2);
        try
        {
            var reader = new Utf8JsonReader(payload);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("properties"u8))
                {
                    // Ids come first there: what follows the first other name need not be read.
                    reader.Read();
                    ReadMembers(ref reader, ids);
                    return ids;
                }

                if (reader.ValueTextEquals("$distinct_id"u8))
                {
                    reader.Read();
                    return [reader.GetString()!];
                }

                if (reader.ValueTextEquals("$group_key"u8))
                {
                    // Its id comes next. No person's id looks like both together.
                    reader.Read();
                    var group = reader.GetString();
                    reader.Read();
                    reader.Read();
                    return [$"g:{group}/{reader.GetString()}"];
                }

                reader.Read();
                reader.Skip();
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Nobody's writing of ours.
        }

        return ids;
    }

    private static void ReadMembers(ref Utf8JsonReader reader, List<string> ids)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isId = reader.ValueTextEquals("$device_id"u8) || reader.ValueTextEquals("$user_id"u8) || reader.ValueTextEquals("distinct_id"u8);
            if (!isId && !reader.ValueTextEquals("time"u8) && !reader.ValueTextEquals("$insert_id"u8)) return;
            reader.Read();
            if (isId && reader.TokenType == JsonTokenType.String) ids.Add(reader.GetString()!);
        }
    }
}
