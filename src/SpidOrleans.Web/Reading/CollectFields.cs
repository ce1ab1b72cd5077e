namespace SpidOrleans.Web.Reading;

/// <summary>The body of a browser's events.</summary>
internal struct CollectFields(EventsReaderOptions options) : IFields
{
    private const int ClientIdField = 0;
    private const int EventsField = 1;

    public EventList Events = new(options);

    public string? ClientId { get; private set; }

    public static FieldNames Names { get; } = new("the body", "clientId", "events");

    public void ReadField(ref BodyReader reader, int field)
    {
        if (field == ClientIdField) ClientId = reader.ReadText(Names[field]);
        else Events.Read(ref reader);
    }

    public readonly void Complete(ref BodyReader reader, FieldSet given)
    {
        if (!given.Has(ClientIdField)) reader.Errors.Add(Names[ClientIdField], BodyReader.RequiredRule);
        if (!given.Has(EventsField)) reader.Errors.Add(Names[EventsField], BodyReader.RequiredRule);
    }
}
