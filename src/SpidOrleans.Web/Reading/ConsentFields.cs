namespace SpidOrleans.Web.Reading;

/// <summary>The body of a consent.</summary>
internal struct ConsentFields : IFields
{
    private const int TrackingField = 0;

    public bool Tracking { get; private set; }

    public static FieldNames Names { get; } = new("the body", "tracking");

    public void ReadField(ref BodyReader reader, int field) => Tracking = reader.ReadFlag(Names[field]);

    public readonly void Complete(ref BodyReader reader, FieldSet given)
    {
        if (!given.Has(TrackingField)) reader.Errors.Add(Names[TrackingField], BodyReader.RequiredRule);
    }
}
