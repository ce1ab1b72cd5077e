using System.Text.Json;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Reading;

internal ref partial struct BodyReader
{
    public const int TextCharsMax = 255;
    public const int UserAgentCharsMax = 1_000;

    public const string FlagRule = "This must be true or false.";
    public const string TextRule = "This must be a string of 1 to 255 characters.";
    public const string UserAgentRule = "The user agent must be a string of at most 1000 characters.";
    public const string VisitorIdRule = "The visitor id must be a string: a UUID version 4 in its form of 36 characters.";
    public const string UserIdRule = $"The user id must be a string of {UserId.Rule}.";
    public const string AddressRule =
        "The address must be a string: an IPv4 address in dotted decimal or an IPv6 address, without port, brackets and zone.";

    private static readonly NamesByLength WatchedNames = new(PlatformNames.All);

    private const string SecondsHint = " This looks like seconds.";

    /// <summary>1 to 255 characters; null after a refusal, as with all of these.</summary>
    public string? ReadText(string place)
    {
        var text = ReadString(place, TextCharsMax, TextRule);
        if (text is not "") return text;
        Errors.Add(place, TextRule);
        return null;
    }

    public bool ReadFlag(string place)
    {
        if (Json.TokenType is JsonTokenType.True or JsonTokenType.False) return Json.GetBoolean();
        Refuse(place, FlagRule);
        return false;
    }

    public string? ReadEventName(string place)
    {
        var name = ReadString(place, EventRules.NameCharsMax, EventRules.NameRule);
        if (name is null || EventRules.IsName(name)) return name;
        Errors.Add(place, EventRules.NameRule);
        return null;
    }

    public VisitorId? ReadVisitorId(string place)
    {
        var text = ReadString(place, charsMax: 36, VisitorIdRule);
        if (text is null) return null;
        if (VisitorId.TryParse(text, out var id)) return id;
        Errors.Add(place, VisitorIdRule);
        return null;
    }

    public UserId? ReadUserId(string place)
    {
        var text = ReadString(place, UserId.LengthMax, UserIdRule);
        if (text is null) return null;
        if (UserId.TryParse(text, out var id)) return id;
        Errors.Add(place, UserIdRule);
        return null;
    }

    public long? ReadTime(string place)
    {
        if (Json.TokenType != JsonTokenType.Number || !Json.TryGetInt64(out var timeMs))
        {
            Refuse(place, EventRules.TimeRule);
            return null;
        }

        if (EventRules.IsTime(timeMs, _now)) return timeMs;
        Errors.Add(place, EventRules.LooksLikeSeconds(timeMs, _now) ? EventRules.TimeRule + SecondsHint : EventRules.TimeRule);
        return null;
    }

    public string? ReadInsertId(string place)
    {
        var insertId = ReadString(place, EventRules.InsertIdCharsMax, EventRules.InsertIdRule);
        if (insertId is null || EventRules.IsInsertId(insertId)) return insertId;
        Errors.Add(place, EventRules.InsertIdRule);
        return null;
    }

    public string? ReadAddress(string place)
    {
        var text = ReadString(place, AddressText.CharsMax, AddressRule);
        if (text is null) return null;
        var address = AddressText.Canonicalize(text);
        if (address is null) Errors.Add(place, AddressRule);
        return address;
    }

    /// <summary>Empty counts as none: some browsers are set to send an empty one.</summary>
    public string? ReadUserAgent(string place)
    {
        var userAgent = ReadString(place, UserAgentCharsMax, UserAgentRule);
        return userAgent is "" ? null : userAgent;
    }

    /// <summary>The object's bytes, not copied; empty if it has no property.</summary>
    /// <param name="isFree">No name is one of SPiD's own.</param>
    public ReadOnlyMemory<byte> ReadProperties(string place, out bool isFree)
    {
        isFree = false;
        if (Json.TokenType != JsonTokenType.StartObject)
        {
            Refuse(place, PropertiesCheck.ObjectRule);
            return default;
        }

        var start = (int)Json.TokenStartIndex;
        var check = new PropertiesCheck(_body.Span, Errors, WatchedNames);
        var any = check.Read(ref Json);
        isFree = !check.HasWatched;
        return any ? _body[start..(int)Json.BytesConsumed] : default;
    }

    /// <summary>Any sound string of up to <paramref name="charsMax"/> characters, the empty one included.</summary>
    public string? ReadString(string place, int charsMax, string rule)
    {
        // What is far too long is refused by its bytes: no memory is spent on it.
        if (Json.TokenType != JsonTokenType.String || Json.ValueSpan.Length > charsMax * JsonText.UnitBytesMax)
        {
            Refuse(place, rule);
            return null;
        }

        if (JsonText.FindFlaw(Json) is { } flaw)
        {
            Errors.Add(place, flaw);
            return null;
        }

        var text = Json.GetString()!;
        if (text.Length <= charsMax) return text;
        Errors.Add(place, rule);
        return null;
    }
}
