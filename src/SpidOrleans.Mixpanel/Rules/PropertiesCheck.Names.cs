using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SpidOrleans.Mixpanel.Rules;

public ref partial struct PropertiesCheck
{
    /// <summary>A longer escaped name certainly has too many characters.</summary>
    private const int EscapedNameBytesMax = EventRules.PropertyNameCharsMax * JsonText.UnitBytesMax;

    /// <param name="first">The number of the object's first name in the set.</param>
    private void CheckName(scoped in Utf8JsonReader json, int level, int first)
    {
        if (json.ValueIsEscaped) CheckEscapedName(json, level, first);
        else CheckName(json.ValueSpan, level, first);
    }

    private void CheckEscapedName(scoped in Utf8JsonReader json, int level, int first)
    {
        if (json.ValueSpan.Length > EscapedNameBytesMax)
        {
            Refuse(level + 1, PropertyNameRule);
            return;
        }

        if (JsonText.FindFlaw(json) is { } flaw)
        {
            Refuse(level + 1, flaw);
            return;
        }

        Span<byte> name = stackalloc byte[EscapedNameBytesMax];
        CheckName(name[..json.CopyString(name)], level, first);
    }

    private void CheckName(scoped ReadOnlySpan<byte> name, int level, int first)
    {
        if (level == 0 && _watched is not null && _watched.Contains(name)) HasWatched = true;
        if (!EventRules.IsPropertyNameLength(name)) Refuse(level + 1, PropertyNameRule);
        else if (level == 0 && ReservedNames.Contains(name)) Refuse(level + 1, ReservedNames.Rule);
        else if (!_names.TryAdd(_body, name, NameSet.Hash(name), _place[level], first)) Refuse(level + 1, RepeatedRule);
    }

    /// <param name="levels">How many levels lead to the place; 0: the properties themselves.</param>
    private readonly void Refuse(int levels, string message)
    {
        if (_errors.IsFull) return;
        var place = new StringBuilder("properties");
        for (var level = 0; level < levels; level++)
        {
            var at = _place[level];
            if (at >= 0) place.Append('.').Append(JsonText.CutAt(_body, at, RuleErrors.EchoCharsMax));
            else place.Append(CultureInfo.InvariantCulture, $"[{~at}]");
        }

        _errors.Add(place.ToString(), message);
    }
}
