namespace SpidOrleans.Web.Reading;

/// <summary>The body of a logout.</summary>
internal struct LogoutFields : IFields
{
    private const int IpField = 0;

    public string? Ip { get; private set; }

    public string? UserAgent { get; private set; }

    public static FieldNames Names { get; } = new("the body", "ip", "userAgent");

    public void ReadField(ref BodyReader reader, int field)
    {
        if (field == IpField) Ip = reader.ReadAddress(Names[field]);
        else UserAgent = reader.ReadUserAgent(Names[field]);
    }

    public readonly void Complete(ref BodyReader reader, FieldSet given)
    {
        // Neither field is required, and neither depends on the other.
    }
}
