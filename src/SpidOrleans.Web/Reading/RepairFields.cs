using SpidOrleans.Contracts.DeadLetters;

namespace SpidOrleans.Web.Reading;

/// <summary>The body of a replay: what of the event is to be another.</summary>
internal struct RepairFields : IFields
{
    private const int Event = 0;
    private const int Time = 1;
    private const int InsertId = 2;
    private const int Properties = 3;

    private EventRepair _repair = new();

    public RepairFields()
    {
    }

    public static FieldNames Names { get; } = new("the body", "event", "time", "insertId", "properties");

    public void ReadField(ref BodyReader reader, int field)
    {
        var name = Names[field];
        _repair = field switch
        {
            Event => _repair with { Name = reader.ReadEventName(name) },
            Time => _repair with { TimeMs = reader.ReadTime(name) },
            InsertId => _repair with { InsertId = reader.ReadInsertId(name) },
            _ => _repair with { Properties = reader.ReadProperties(name, out _) },
        };
    }

    public readonly void Complete(ref BodyReader reader, FieldSet given)
    {
        // Whatever is not given stays as it is.
    }

    /// <summary>Null: nothing is to be another.</summary>
    public readonly EventRepair? Repair => _repair == new EventRepair() ? null : _repair;
}
