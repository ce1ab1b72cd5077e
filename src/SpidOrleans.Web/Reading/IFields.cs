namespace SpidOrleans.Web.Reading;

/// <summary>What a JSON object of known fields is read into.</summary>
internal interface IFields
{
    static abstract FieldNames Names { get; }

    /// <summary>Takes the value under the reader, which is not null, and leaves the reader on the value's end.</summary>
    void ReadField(ref BodyReader reader, int field);

    /// <summary>Checks what no field can know alone, once all have been read.</summary>
    void Complete(ref BodyReader reader, FieldSet given);
}

/// <summary>Fields that were there with a value other than null.</summary>
internal readonly record struct FieldSet(uint Bits)
{
    public bool Has(int field) => (Bits & (1u << field)) != 0;

    public FieldSet With(int field) => new(Bits | (1u << field));
}
