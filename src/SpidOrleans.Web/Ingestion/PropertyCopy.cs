using System.Buffers;
using System.Text.Json;
using SpidOrleans.Mixpanel.Rules;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.Ingestion;

/// <summary>Takes an event's properties apart while it reads over them once.</summary>
internal struct PropertyCopy(ReadOnlyMemory<byte> payload, ArrayBufferWriter<byte> output)
{
    private const int IdCharsMax = 255;

    private string? _distinct;
    private string? _device;
    private string? _user;

    public readonly SentIds Ids => new(_distinct, _device, _user);

    public string? Token { get; private set; }

    public string? InsertId { get; private set; }

    public long? TimeMs { get; private set; }

    public bool HasWrongTime { get; private set; }

    /// <summary>The person's address as the sender knows it; null: none, or none that is an address.</summary>
    public string? Ip { get; private set; }

    public bool IsIgnored { get; private set; }

    /// <summary>Where the sender's own properties stand in the output, as one object.</summary>
    public int Start { get; private set; }

    /// <summary>0: it has none.</summary>
    public int Length { get; private set; }

    /// <param name="json">At the object's start; afterwards at its end.</param>
    public void Read(ref Utf8JsonReader json, DateTimeOffset now)
    {
        Start = output.WrittenCount;
        output.Write("{"u8);
        var isFirst = true;
        var run = -1;
        var end = 0;
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            var from = (int)json.TokenStartIndex;
            var property = SentProperties.Find(json);
            var isSound = TextRepair.IsSound(json);
            var name = isSound ? null : TextRepair.Read(json);
            json.Read();
            if (property != SentProperty.Own)
            {
                EndRun(run, end, ref isFirst);
                run = -1;
                Take(ref json, property, now);
                continue;
            }

            var value = (int)json.TokenStartIndex;
            isSound &= TextRepair.SkipSound(ref json);
            end = (int)json.BytesConsumed;
            if (isSound)
            {
                // Members that stay as they are are copied in runs, commas and all.
                if (run < 0) run = from;
                continue;
            }

            EndRun(run, from, ref isFirst);
            run = -1;
            if (!isFirst) output.Write(","u8);
            isFirst = false;
            if (name is not null) TextRepair.WriteName(output, name);
            else output.Write(payload.Span[from..value]);
            TextRepair.Write(output, payload.Span[value..end]);
        }

        EndRun(run, end, ref isFirst);
        output.Write("}"u8);
        Length = isFirst ? 0 : output.WrittenCount - Start;
    }

    /// <summary>What Mixpanel would refuse of what was copied.</summary>
    public readonly RecordFault? FindFault()
    {
        if (Length == 0) return null;
        var copied = output.WrittenSpan.Slice(Start, Length);
        var errors = new RuleErrors();
        var json = new Utf8JsonReader(copied);
        json.Read();
        new PropertiesCheck(copied, errors, isImported: true).Read(ref json);
        if (errors.ToDictionary() is not { } faults) return null;
        var (place, rules) = faults.First();
        return new RecordFault(place, $"'{place}' is invalid: {rules[0]}");
    }

    private readonly void EndRun(int from, int end, ref bool isFirst)
    {
        if (from < 0) return;
        if (!isFirst) output.Write(","u8);
        isFirst = false;
        output.Write(payload.Span[from..end].TrimEnd(" \t\r\n,"u8));
    }

    private void Take(ref Utf8JsonReader json, SentProperty property, DateTimeOffset now)
    {
        switch (property)
        {
            case SentProperty.Token: Token = json.ReadText(IdCharsMax); break;
            case SentProperty.DistinctId: _distinct = json.ReadText(IdCharsMax); break;
            case SentProperty.DeviceId: _device = json.ReadText(IdCharsMax); break;
            case SentProperty.UserId: _user = json.ReadText(IdCharsMax); break;
            case SentProperty.InsertId: InsertId = json.ReadText(IdCharsMax); break;
            case SentProperty.Ignore: IsIgnored = true; break;
            case SentProperty.Ip: Ip = json.ReadText(AddressText.CharsMax) is { } text ? AddressText.Canonicalize(text) : null; break;
            case SentProperty.Time when json.TokenType != JsonTokenType.Null:
                TimeMs = SentTime.Read(json, now);
                HasWrongTime = TimeMs is null;
                break;
        }

        json.Skip();
    }
}
