using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Reading;

/// <summary>One event of a list.</summary>
internal struct EventFields(bool fromBrowser) : IFields
{
    public const string OneIdRule = "An event must name exactly one of visitorId and userId.";
    public const string BrowserRule = "A browser must not send this field: the server knows it better.";

    private const int Event = 0;
    private const int VisitorId = 1;
    private const int UserId = 2;
    private const int Time = 3;
    private const int InsertId = 4;
    private const int Properties = 5;
    private const int Ip = 6;
    private const int UserAgent = 7;

    private string? _name;
    private VisitorId? _visitorId;
    private UserId? _userId;
    private long? _timeMs;
    private string? _insertId;
    private ReadOnlyMemory<byte> _properties;
    private bool _isFree;
    private string? _ip;
    private string? _userAgent;

    public static FieldNames Names { get; } =
        new("an event", "event", "visitorId", "userId", "time", "insertId", "properties", "ip", "userAgent");

    public void ReadField(ref BodyReader reader, int field)
    {
        var name = Names[field];
        switch (field)
        {
            case UserId or Ip or UserAgent when fromBrowser: reader.Refuse(name, BrowserRule); break;
            case Event: _name = reader.ReadEventName(name); break;
            case VisitorId: _visitorId = reader.ReadVisitorId(name); break;
            case UserId: _userId = reader.ReadUserId(name); break;
            case Time: _timeMs = reader.ReadTime(name); break;
            case InsertId: _insertId = reader.ReadInsertId(name); break;
            case Properties: _properties = reader.ReadProperties(name, out _isFree); break;
            case Ip: _ip = reader.ReadAddress(name); break;
            case UserAgent: _userAgent = reader.ReadUserAgent(name); break;
        }
    }

    public readonly void Complete(ref BodyReader reader, FieldSet given)
    {
        var errors = reader.Errors;
        if (!given.Has(Event)) errors.Add(Names[Event], BodyReader.RequiredRule);
        if (fromBrowser)
        {
            // Our SDK repeats a batch until it is acknowledged: without these two every repeat would be a new event.
            if (!given.Has(Time)) errors.Add(Names[Time], BodyReader.RequiredRule);
            if (!given.Has(InsertId)) errors.Add(Names[InsertId], BodyReader.RequiredRule);
            return;
        }

        if (given.Has(VisitorId) == given.Has(UserId)) errors.Add("", OneIdRule);
        if (given.Has(InsertId) && !given.Has(Time)) errors.Add(Names[InsertId], EventRules.InsertIdNeedsTimeRule);
    }

    /// <summary>Only while no error was found.</summary>
    public readonly AddressedEvent ToAddressedEvent() => new(_visitorId, _userId, new TrackedEvent
    {
        Name = _name!,
        TimeMs = _timeMs,
        InsertId = _insertId,
        Ip = _ip,
        UserAgent = _userAgent,
        Properties = _properties,
        IsFreeOfPlatformNames = _isFree,
    });
}
