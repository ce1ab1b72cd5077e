using System.Globalization;

namespace SpidOrleans.Mixpanel.Rules;

/// <summary>The faults of one request, by the place where each was found. Costs nothing while there are none.</summary>
public sealed class RuleErrors
{
    /// <summary>Faults that are reported; a sender with more of them has one cause, not hundreds.</summary>
    public const int ErrorsMax = 100;

    /// <summary>Characters of a sender's own name that a place shows.</summary>
    public const int EchoCharsMax = 40;

    private Dictionary<string, List<string>>? _byPlace;
    private string _section = "";
    private int _index = -1;

    /// <summary>How many are reported, at most <see cref="ErrorsMax"/>.</summary>
    public int Count { get; private set; }

    public bool IsFull => Count == ErrorsMax;

    /// <summary>From here on places lie in <paramref name="section"/>, or in its entry <paramref name="index"/>.</summary>
    public void Enter(string section, int index = -1)
    {
        _section = section;
        _index = index;
    }

    /// <summary>From here on places begin at the body itself.</summary>
    public void Leave() => Enter("");

    /// <param name="place">Inside the section; empty: the section itself.</param>
    /// <param name="message">A sentence that names the rule and its bound.</param>
    public void Add(string place, string message)
    {
        if (IsFull) return;
        Count++;
        _byPlace ??= [];
        var whole = Resolve(place);
        if (!_byPlace.TryGetValue(whole, out var messages)) _byPlace.Add(whole, messages = []);
        messages.Add(message);
    }

    /// <summary>Null if there are none.</summary>
    public Dictionary<string, string[]>? ToDictionary() =>
        _byPlace?.ToDictionary(entry => entry.Key, entry => entry.Value.ToArray());

    private string Resolve(string place)
    {
        var section = _index < 0 ? _section : string.Create(CultureInfo.InvariantCulture, $"{_section}[{_index}]");
        if (section.Length == 0) return place.Length == 0 ? "$" : place;
        return place.Length == 0 ? section : $"{section}.{place}";
    }
}
