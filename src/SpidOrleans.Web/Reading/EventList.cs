using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Reading;

/// <summary>The list of events in a body.</summary>
internal struct EventList(EventsReaderOptions options)
{
    public const string ListRule = "The events must be a list of at least one event.";
    public const string EventRule = "An event must be an object.";

    private const string Place = "events";

    // Most requests carry one event: room for one, then as it grows.
    private readonly ImmutableArray<AddressedEvent>.Builder _events = ImmutableArray.CreateBuilder<AddressedEvent>(1);
    private bool _isTooMany;

    public void Read(ref BodyReader reader)
    {
        if (reader.Json.TokenType != JsonTokenType.StartArray)
        {
            reader.Refuse(Place, ListRule);
            return;
        }

        var count = 0;
        for (; reader.Json.Read() && reader.Json.TokenType != JsonTokenType.EndArray; count++)
        {
            if (count == options.EventsMax)
            {
                _isTooMany = true;
                reader.Errors.Leave();
                reader.Errors.Add(Place, string.Create(CultureInfo.InvariantCulture, $"There must be at most {options.EventsMax} events in one request."));
                reader.SkipRest();
                return;
            }

            reader.Errors.Enter(Place, count);
            ReadEvent(ref reader);
        }

        reader.Errors.Leave();
        if (count == 0) reader.Errors.Add(Place, ListRule);
    }

    private readonly void ReadEvent(ref BodyReader reader)
    {
        if (reader.Json.TokenType != JsonTokenType.StartObject)
        {
            reader.Refuse("", EventRule);
            return;
        }

        var fields = new EventFields(options.FromBrowser);
        reader.ReadObject(ref fields);
        if (reader.Errors.Count == 0) _events.Add(fields.ToAddressedEvent());
    }

    public readonly EventsReading ToReading(RuleErrors errors, string? clientId) => new()
    {
        Events = errors.Count == 0 ? _events.DrainToImmutable() : [],
        ClientId = clientId,
        IsTooMany = _isTooMany,
        Errors = errors.ToDictionary(),
    };
}
