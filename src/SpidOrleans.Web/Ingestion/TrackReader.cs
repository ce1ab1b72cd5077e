using System.Buffers;
using System.Text.Json;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Ingestion;

/// <summary>Reads the events of <c>/track</c> and <c>/import</c>: what is Mixpanel's own among their properties is taken out, the rest
/// is copied as it stands into one buffer for all, which lives on in the events.</summary>
internal struct TrackReader(ReadOnlyMemory<byte> payload, DateTimeOffset now, bool isStrict) : IRecordReader
{
    private readonly List<(TrackRecord Record, int Start, int Length)> _records = [];
    private readonly ArrayBufferWriter<byte> _properties = new(payload.Length);

    /// <summary>In the order of the payload.</summary>
    public readonly List<TrackRecord> ToRecords()
    {
        var properties = _properties.WrittenMemory;
        return _records.ConvertAll(item => item.Record.Event is { } tracked && item.Length > 0
            ? item.Record with { Event = tracked with { Properties = properties.Slice(item.Start, item.Length) } }
            : item.Record);
    }

    public readonly void ReadRecord(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            _records.Add((new TrackRecord { Fault = new RecordFault("event", "an event must be a JSON object") }, 0, 0));
            return;
        }

        string? name = null;
        var copy = new PropertyCopy(payload, _properties);
        var hasProperties = false;
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            if (json.ValueTextEqualsSafely("event"u8))
            {
                json.Read();
                name = json.TokenType == JsonTokenType.String ? TextRepair.Read(json, EventRules.NameCharsMax) : null;
                json.Skip();
            }
            else if (json.ValueTextEqualsSafely("properties"u8) && !hasProperties)
            {
                json.Read();
                hasProperties = json.TokenType == JsonTokenType.StartObject;
                if (hasProperties) copy.Read(ref json, now);
                else json.Skip();
            }
            else
            {
                json.Read();
                json.Skip();
            }
        }

        var record = Judge(name, hasProperties, copy);
        _records.Add((record, copy.Start, record.Event is null ? 0 : copy.Length));
    }

    private readonly TrackRecord Judge(string? name, bool hasProperties, in PropertyCopy copy)
    {
        var record = new TrackRecord { Ids = copy.Ids, Token = copy.Token, SentInsertId = copy.InsertId ?? "" };
        if (FindFault(name, hasProperties, copy) is { } fault) return record with { Fault = fault };
        if (copy.IsIgnored || EventMeanings.Of(name!) == EventMeaning.Sign) return record with { IsDropped = true };
        var insertId = InsertIdText.Normalise(copy.InsertId);
        return record with
        {
            Event = new TrackedEvent
            {
                Name = name!,
                // An insert id without a time would be refused further in: here the client means the time of arrival.
                TimeMs = copy.TimeMs ?? (insertId is null ? null : now.ToUnixTimeMilliseconds()),
                InsertId = insertId,
                Ip = copy.Ip,
            },
        };
    }

    private readonly RecordFault? FindFault(string? name, bool hasProperties, in PropertyCopy copy)
    {
        if (string.IsNullOrWhiteSpace(name)) return new RecordFault("event", "'event' must not be missing or blank");
        if (!hasProperties) return isStrict ? new RecordFault("properties", "'properties' must be an object") : null;
        if (EventMeanings.Of(name) == EventMeaning.Join) return new RecordFault("event", EventMeanings.JoinRule);
        if (copy.HasWrongTime) return new RecordFault("properties.time", "'properties.time' " + SentTime.Rule);
        if (isStrict && copy.TimeMs is null) return new RecordFault("properties.time", "'properties.time' must not be missing");
        if (isStrict && copy.InsertId is null) return new RecordFault("$insert_id", "'$insert_id' must not be missing");
        return copy.FindFault();
    }
}
