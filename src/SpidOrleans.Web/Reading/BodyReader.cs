using System.Text.Json;
using System.Text.Unicode;
using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Reading;

/// <summary>
/// Reads a request's body once, from its bytes into typed fields. Whatever is wrong becomes an error at its place; the
/// reading goes on behind it, so that one answer shows all faults.
/// </summary>
internal ref partial struct BodyReader
{
    public const string JsonRule = "The body must be valid JSON";
    public const string EmptyRule = "The body must not be empty.";
    public const string Utf8Rule = "The body must be valid UTF-8.";
    public const string ObjectRule = "The body must be a JSON object.";
    public const string ObjectOrListRule = "The body must be a JSON object or a list of events.";
    public const string RepeatedRule = "This field must be given only once.";
    public const string RequiredRule = "This field is required.";

    /// <summary>Levels of nesting that are read at all; what is valid needs seven.</summary>
    public const int DepthMax = 64;

    private const int NoField = -1;

    private readonly ReadOnlyMemory<byte> _body;
    private readonly DateTimeOffset _now;

    /// <summary>Where the reading stands. A field, since every step changes it.</summary>
    public Utf8JsonReader Json;

    private BodyReader(ReadOnlyMemory<byte> body, DateTimeOffset now, RuleErrors errors)
    {
        _body = body;
        _now = now;
        Errors = errors;
        Json = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = DepthMax });
    }

    public RuleErrors Errors { get; }

    /// <summary>Reads the whole body into <paramref name="target"/>.</summary>
    /// <param name="listField">The field that a bare list stands for; none: the body must be an object.</param>
    public static void Read<TFields>(
        ReadOnlyMemory<byte> body, DateTimeOffset now, RuleErrors errors, ref TFields target, int listField = NoField)
        where TFields : struct, IFields
    {
        if (body.IsEmpty)
        {
            errors.Add("", EmptyRule);
            return;
        }

        // Once here, vectorised: the JSON reader looks at the bytes of a string only when the string is taken out.
        if (!Utf8.IsValid(body.Span))
        {
            errors.Add("", Utf8Rule);
            return;
        }

        var reader = new BodyReader(body, now, errors);
        try
        {
            reader.Json.Read();
            reader.ReadRoot(ref target, listField);
            // There is nothing more to come: a second value throws here.
            reader.Json.Read();
        }
        catch (JsonException exception)
        {
            errors.Leave();
            errors.Add("", reader.Json.CurrentDepth >= DepthMax - 1
                ? $"{JsonRule} of at most {DepthMax} levels."
                : $"{JsonRule}; it ceases to be at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}.");
        }
    }

    private void ReadRoot<TFields>(ref TFields target, int listField) where TFields : struct, IFields
    {
        if (Json.TokenType == JsonTokenType.StartObject)
        {
            ReadObject(ref target);
        }
        else if (listField != NoField && Json.TokenType == JsonTokenType.StartArray)
        {
            target.ReadField(ref this, listField);
            target.Complete(ref this, default(FieldSet).With(listField));
        }
        else
        {
            Refuse("", listField == NoField ? ObjectRule : ObjectOrListRule);
        }
    }

    /// <summary>Reads the object at whose start the reader stands, to its end.</summary>
    public void ReadObject<TFields>(ref TFields target) where TFields : struct, IFields
    {
        var names = TFields.Names;
        FieldSet seen = default, given = default;
        while (Json.Read() && Json.TokenType != JsonTokenType.EndObject)
        {
            var field = names.IndexOf(Json);
            if (field < 0)
            {
                RefuseUnknown(names);
                continue;
            }

            Json.Read();
            if (seen.Has(field))
            {
                Refuse(names[field], RepeatedRule);
                continue;
            }

            seen = seen.With(field);
            if (Json.TokenType == JsonTokenType.Null) continue;
            given = given.With(field);
            target.ReadField(ref this, field);
        }

        target.Complete(ref this, given);
    }

    /// <summary>Notes a fault of the value under the reader and steps over the value.</summary>
    public void Refuse(string place, string rule)
    {
        Errors.Add(place, rule);
        Json.Skip();
    }

    private void RefuseUnknown(FieldNames names)
    {
        if (!Errors.IsFull)
        {
            Errors.Add(JsonText.CutAt(_body.Span, (int)Json.TokenStartIndex, RuleErrors.EchoCharsMax), names.UnknownRule);
        }

        Json.Skip();
    }

    /// <summary>From an entry of a list to the list's end.</summary>
    public void SkipRest()
    {
        var inside = Json.CurrentDepth;
        while (Json.CurrentDepth >= inside) Json.Read();
    }
}
