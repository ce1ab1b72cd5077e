using System.Text;
using System.Text.Json;
using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Reading;

/// <summary>The fields that one kind of object has, by number; at most 32.</summary>
internal sealed class FieldNames
{
    private readonly string[] _names;
    private readonly byte[][] _utf8Names;

    /// <param name="owner">As the message to a sender says it, such as <c>an event</c>.</param>
    /// <param name="names">In the order of their numbers.</param>
    public FieldNames(string owner, params string[] names)
    {
        _names = names;
        _utf8Names = [.. names.Select(Encoding.UTF8.GetBytes)];
        UnknownRule = $"There is no such field; the fields of {owner} are {string.Join(", ", names)}.";
    }

    /// <summary>What is wrong with a name that is none of these: a misspelled field must not be lost in silence.</summary>
    public string UnknownRule { get; }

    public string this[int field] => _names[field];

    /// <summary>The number of the field whose name is under the reader; -1 if there is none.</summary>
    public int IndexOf(scoped in Utf8JsonReader json)
    {
        // The reader throws where it is asked to compare half a surrogate pair.
        if (JsonText.FindFlaw(json) is not null) return -1;
        for (var field = 0; field < _utf8Names.Length; field++)
        {
            if (json.ValueTextEquals(_utf8Names[field])) return field;
        }

        return -1;
    }
}
