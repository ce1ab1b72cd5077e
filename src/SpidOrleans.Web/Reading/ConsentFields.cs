namespace SpidOrleans.Web.Reading;

/// <summary>The body of a consent; a browser's names its client, too.</summary>
internal struct ConsentFields(bool fromBrowser) : IFields
{
    private const int TrackingField = 0;
    private const int ClientIdField = 1;

    public bool Tracking { get; private set; }

    public string? ClientId { get; private set; }

    public static FieldNames Names { get; } = new("the body", "tracking", "clientId");

    public void ReadField(ref BodyReader reader, int field)
    {
        if (field == TrackingField) Tracking = reader.ReadFlag(Names[field]);
        else ClientId = reader.ReadText(Names[field]);
    }

    public readonly void Complete(ref BodyReader reader, FieldSet given)
    {
        if (!given.Has(TrackingField)) reader.Errors.Add(Names[TrackingField], BodyReader.RequiredRule);
        if (fromBrowser && !given.Has(ClientIdField)) reader.Errors.Add(Names[ClientIdField], BodyReader.RequiredRule);
    }
}
