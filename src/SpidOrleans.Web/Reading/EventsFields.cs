namespace SpidOrleans.Web.Reading;

/// <summary>The body of a back end's events.</summary>
internal struct EventsFields(EventsReaderOptions options) : IFields
{
    public const int Events = 0;

    public EventList List = new(options);

    public static FieldNames Names { get; } = new("the body", "events");

    public void ReadField(ref BodyReader reader, int field) => List.Read(ref reader);

    public readonly void Complete(ref BodyReader reader, FieldSet given)
    {
        if (!given.Has(Events)) reader.Errors.Add(Names[Events], BodyReader.RequiredRule);
    }
}
