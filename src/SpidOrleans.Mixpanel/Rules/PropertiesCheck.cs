using System.Runtime.CompilerServices;
using System.Text.Json;

namespace SpidOrleans.Mixpanel.Rules;

/// <summary>Checks a properties object while reading over it once; keeps and copies nothing while all is well.</summary>
public ref partial struct PropertiesCheck
{
    public const string ObjectRule = "The properties must be an object.";
    public const string BytesRule = "The properties must take at most 900000 bytes of JSON.";
    public const string CountRule = "There must be at most 200 properties.";
    public const string ImportedCountRule = "There must be at most 250 properties besides time, insert id, token and ids.";
    public const string EntriesRule = "A list or object must have at most 200 entries.";
    public const string LevelRule = "Lists and objects must be nested at most three levels deep.";
    public const string ListedObjectRule = "An object in a list must hold no list or object of its own.";
    public const string ContainerBytesRule = "A property that is a list or object must take at most 8192 bytes of JSON.";
    public const string PropertyNameRule = "The name of a property must have 1 to 255 characters.";
    public const string RepeatedRule = "A name must be given only once in an object.";
    public const string FiniteRule = "A number must be finite: within the range of a 64-bit floating-point number.";

    private readonly ReadOnlySpan<byte> _body;
    private readonly RuleErrors _errors;
    private readonly NameSet _names;
    private readonly NamesByLength? _watched;
    private readonly bool _isImported;

    /// <summary>For each open level where the reading is: the position of a name, or the complement of a list's index.</summary>
    private Levels _place;

    /// <param name="body">What the reader was opened on from its first byte; valid UTF-8.</param>
    /// <param name="watched">Names that the caller wants to know of.</param>
    /// <param name="isImported">The event came in Mixpanel's own format.</param>
    public PropertiesCheck(ReadOnlySpan<byte> body, RuleErrors errors, NamesByLength? watched = null, bool isImported = false)
    {
        _isImported = isImported;
        _watched = watched;
        _body = body;
        _errors = errors;
        _names = NameSet.Borrow();
    }

    /// <summary>True once a property had a watched name.</summary>
    public bool HasWatched { get; private set; }

    /// <summary>Reads from the object's start to its end; faults go to the errors, at <c>properties</c> and inside.</summary>
    /// <returns>True if the object has at least one property.</returns>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public bool Read(ref Utf8JsonReader json)
    {
        var start = json.TokenStartIndex;
        var any = ReadObject(ref json, level: 0, isListed: false);
        if (json.BytesConsumed - start > EventRules.PropertiesBytesMax) Refuse(0, BytesRule);
        return any;
    }

    private bool ReadObject(ref Utf8JsonReader json, int level, bool isListed)
    {
        var first = _names.Count;
        var entries = 0;
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            if (entries++ == (level > 0 ? EventRules.EntriesMax : _isImported ? EventRules.ImportedPropertiesMax : EventRules.PropertiesMax))
            {
                Refuse(level, level > 0 ? EntriesRule : _isImported ? ImportedCountRule : CountRule);
                SkipRest(ref json);
                break;
            }

            _place[level] = (int)json.TokenStartIndex;
            CheckName(json, level, first);
            json.Read();
            ReadValue(ref json, level, isListed);
        }

        _names.Close(first);
        return entries > 0;
    }

    private void ReadList(ref Utf8JsonReader json, int level)
    {
        for (var index = 0; json.Read() && json.TokenType != JsonTokenType.EndArray; index++)
        {
            if (index == EventRules.EntriesMax)
            {
                Refuse(level, EntriesRule);
                SkipRest(ref json);
                break;
            }

            _place[level] = ~index;
            if (json.TokenType == JsonTokenType.StartObject) ReadContainer(ref json, level, isListed: true);
            else ReadValue(ref json, level, isListed: false);
        }
    }

    /// <param name="level">Of the object or list that holds the value.</param>
    /// <param name="isListed">The value stands in an object that stands in a list.</param>
    private void ReadValue(ref Utf8JsonReader json, int level, bool isListed)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.String:
                if (JsonText.FindFlaw(json) is { } flaw) Refuse(level + 1, flaw);
                break;
            case JsonTokenType.Number:
                if (!EventRules.IsFinite(json.ValueSpan)) Refuse(level + 1, FiniteRule);
                break;
            case JsonTokenType.StartObject or JsonTokenType.StartArray when isListed:
                Refuse(level + 1, ListedObjectRule);
                json.Skip();
                break;
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                ReadContainer(ref json, level, isListed: false);
                break;
        }
    }

    private void ReadContainer(ref Utf8JsonReader json, int level, bool isListed)
    {
        if (level == EventRules.LevelMax)
        {
            Refuse(level + 1, LevelRule);
            json.Skip();
            return;
        }

        var start = json.TokenStartIndex;
        if (json.TokenType == JsonTokenType.StartObject) ReadObject(ref json, level + 1, isListed);
        else ReadList(ref json, level + 1);
        if (level == 0 && json.BytesConsumed - start > EventRules.ContainerBytesMax) Refuse(1, ContainerBytesRule);
    }

    /// <summary>From the first entry too many to the end of its list or object.</summary>
    private static void SkipRest(ref Utf8JsonReader json)
    {
        var inside = json.CurrentDepth;
        while (json.CurrentDepth >= inside) json.Read();
    }

    [InlineArray(EventRules.LevelMax + 1)]
    private struct Levels
    {
        private int _first;
    }
}
