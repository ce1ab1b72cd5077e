using System.Text.Json;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Reading;

/// <summary>The body of a sign-in or registration.</summary>
internal struct LoginFields : IFields
{
    public const string ProfileRule = "The profile must be an object.";

    private const int UserId = 0;
    private const int Time = 1;
    private const int InsertId = 2;
    private const int Properties = 3;
    private const int Profile = 4;
    private const int TrackingRef = 5;
    private const int Tag = 6;
    private const int Flow = 7;
    private const int Ip = 8;
    private const int UserAgent = 9;
    private const int Remember = 10;

    private UserId? _userId;
    private long? _timeMs;
    private string? _insertId;
    private ReadOnlyMemory<byte> _properties;
    private UserProfile? _profile;
    private Tracking? _tracking;
    private string? _ip;
    private string? _userAgent;
    private bool _remember;

    public static FieldNames Names { get; } = new(
        "the body", "userId", "time", "insertId", "properties", "profile", "trackingRef", "tag", "flow", "ip", "userAgent", "remember");

    public void ReadField(ref BodyReader reader, int field)
    {
        var name = Names[field];
        switch (field)
        {
            case UserId: _userId = reader.ReadUserId(name); break;
            case Time: _timeMs = reader.ReadTime(name); break;
            case InsertId: _insertId = reader.ReadInsertId(name); break;
            case Properties: _properties = reader.ReadProperties(name, out _); break;
            case Profile: _profile = ReadProfile(ref reader); break;
            case TrackingRef: _tracking = (_tracking ?? new Tracking()) with { Ref = reader.ReadText(name) }; break;
            case Tag: _tracking = (_tracking ?? new Tracking()) with { Tag = reader.ReadText(name) }; break;
            case Flow: _tracking = (_tracking ?? new Tracking()) with { Flow = reader.ReadText(name) }; break;
            case Ip: _ip = reader.ReadAddress(name); break;
            case UserAgent: _userAgent = reader.ReadUserAgent(name); break;
            case Remember: _remember = reader.ReadFlag(name); break;
        }
    }

    public readonly void Complete(ref BodyReader reader, FieldSet given)
    {
        if (!given.Has(UserId)) reader.Errors.Add(Names[UserId], BodyReader.RequiredRule);
        if (given.Has(InsertId) && !given.Has(Time)) reader.Errors.Add(Names[InsertId], EventRules.InsertIdNeedsTimeRule);
    }

    private static UserProfile? ReadProfile(ref BodyReader reader)
    {
        if (reader.Json.TokenType != JsonTokenType.StartObject)
        {
            reader.Refuse(Names[Profile], ProfileRule);
            return null;
        }

        var fields = new ProfileFields();
        reader.Errors.Enter(Names[Profile]);
        reader.ReadObject(ref fields);
        reader.Errors.Leave();
        return fields.ToProfile();
    }

    public readonly LoginReading ToReading(RuleErrors errors) => new()
    {
        UserId = _userId.GetValueOrDefault(),
        TimeMs = _timeMs,
        InsertId = _insertId,
        Ip = _ip,
        UserAgent = _userAgent,
        Properties = _properties,
        Profile = _profile,
        Tracking = _tracking,
        Remember = _remember,
        Errors = errors.ToDictionary(),
    };
}
