using System.Text.Json;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.Ingestion;

/// <summary>Reads the changes of <c>/engage</c> and <c>/groups</c>: each says whose profile, and one operation on it.</summary>
internal readonly struct UpdateReader() : IRecordReader
{
    private const int TextCharsMax = 255;

    /// <summary>In the order of the payload.</summary>
    public List<UpdateRecord> Records { get; } = [];

    public void ReadRecord(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            Records.Add(new UpdateRecord { Fault = new RecordFault("$set", "a change must be a JSON object") });
            return;
        }

        var record = new UpdateRecord();
        string? distinct = null, device = null, user = null, ip = null, operation = null, rule = null;
        byte[]? argument = null;
        bool ignoresTime = false, ignoresAlias = false;
        var operations = 0;
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            var name = TextRepair.Read(json);
            json.Read();
            switch (name)
            {
                case "$token": record = record with { Token = json.ReadText(TextCharsMax) }; break;
                case "$distinct_id": distinct = json.ReadText(TextCharsMax); break;
                case "$device_id": device = json.ReadText(TextCharsMax); break;
                case "$user_id": user = json.ReadText(TextCharsMax); break;
                case "$group_key": record = record with { GroupKey = json.ReadText(TextCharsMax) }; break;
                case "$group_id": record = record with { GroupId = json.ReadText(TextCharsMax) }; break;
                case "$ip": ip = json.ReadText(AddressText.CharsMax) is { } text ? AddressText.Canonicalize(text) : null; break;
                case "$ignore_time": ignoresTime = IsTrue(json); break;
                case "$ignore_alias": ignoresAlias = IsTrue(json); break;
                case var _ when ProfileOperations.All.Contains(name):
                    operations++;
                    operation = name;
                    var reading = new UpdateArgument(name);
                    reading.Read(ref json);
                    (argument, rule) = (reading.Json, reading.Rule);
                    continue;
            }

            json.Skip();
        }

        Records.Add(record with
        {
            Ids = new SentIds(distinct, device, user),
            Fault = operations != 1 ? new RecordFault("$set", $"a change must have exactly one of {string.Join(", ", ProfileOperations.All)}")
                : rule is not null ? new RecordFault(operation!, $"'{operation}' is invalid: {rule}")
                : null,
            Update = operations != 1 || rule is not null || argument is null ? null : new ProfileUpdate
            {
                Operation = operation!,
                Argument = argument,
                Ip = ip,
                IgnoresTime = ignoresTime,
                IgnoresAlias = ignoresAlias,
            },
        });
    }

    private static bool IsTrue(in Utf8JsonReader json) =>
        json.TokenType == JsonTokenType.True || (json.TokenType == JsonTokenType.String && json.ValueTextEquals("true"u8));
}
