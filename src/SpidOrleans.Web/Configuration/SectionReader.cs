using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace SpidOrleans.Web.Configuration;

/// <summary>Reads one section key by key and collects what is wrong with it; a key that nobody asked for is wrong too.</summary>
internal sealed class SectionReader(IConfigurationSection section, List<ConfigurationFault> faults)
{
    /// <summary>Names that give away that their value must not be shown, even when the key is otherwise unknown.</summary>
    private static readonly string[] SecretWords = ["secret", "password", "token", "key", "connection"];

    private readonly List<string> _known = [];

    public bool Has(string key) => section.GetSection(key).Exists();

    /// <summary>True when the key has a value that is not empty, be it right or wrong.</summary>
    public bool HasValue(string key) => section[key] is { Length: > 0 };

    /// <summary>Text without control characters, or null when the key is absent or empty.</summary>
    public string? Text(string key, string expected, int lengthMax = 1_000, Func<string, bool>? accepts = null)
    {
        _known.Add(key);
        if (section[key] is not { Length: > 0 } value)
        {
            if (section.GetSection(key).GetChildren().Any()) Fault(key, "", expected);
            return null;
        }

        if (value.Length <= lengthMax && !value.Any(char.IsControl) && (accepts is null || accepts(value))) return value;
        Fault(key, value, expected);
        return null;
    }

    /// <summary>As <see cref="Text"/>, but the key must be there.</summary>
    public string RequiredText(string key, string expected, int lengthMax = 1_000, Func<string, bool>? accepts = null)
    {
        var faultsBefore = faults.Count;
        var value = Text(key, expected, lengthMax, accepts);
        if (value is null && faults.Count == faultsBefore) Fault(key, section[key], expected);
        return value ?? "";
    }

    public long Number(string key, long fallback, long min, long max)
    {
        var number = fallback;
        Text(key, $"{Figure(min)} to {Figure(max)}", accepts: text => TryParse(text, out number) && number >= min && number <= max);
        return number;
    }

    public bool Flag(string key)
    {
        var flag = false;
        Text(key, "'true' or 'false'", accepts: text => bool.TryParse(text, out flag));
        return flag;
    }

    public TimeSpan Duration(string key, TimeSpan fallback, TimeSpan min, TimeSpan max)
    {
        var duration = fallback;
        Text(key, $"a duration between {min:c} and {max:c}, written hh:mm:ss", accepts: text =>
            TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out duration) && duration >= min && duration <= max);
        return duration;
    }

    /// <summary>The values of a list, each accepted by <paramref name="accepts"/>.</summary>
    public IReadOnlyList<string> List(string key, string expected, Func<string, bool> accepts)
    {
        _known.Add(key);
        var list = section.GetSection(key);
        if (list.Value is { Length: > 0 } single) Fault(key, single, $"a list such as {section.Path}:{key}:0 of {expected}");
        var items = new List<string>();
        foreach (var item in list.GetChildren())
        {
            if (item.Value is { Length: > 0 } value && accepts(value)) items.Add(value);
            else Fault($"{key}:{item.Key}", item.Value ?? "", expected);
        }

        return items;
    }

    /// <summary>To be called last: every key that nobody asked for is a fault.</summary>
    public void RefuseUnknown()
    {
        if (section.Value is { Length: > 0 }) faults.Add(new(section.Path, ConfigurationFault.Hidden, "a section, not a value"));
        foreach (var child in section.GetChildren())
        {
            if (_known.Contains(child.Key, StringComparer.OrdinalIgnoreCase)) continue;
            // Who mistypes a secret's name must not find the secret in the log.
            Fault(child.Key, ConfigurationFault.Hidden, _known.Count == 0 ? "no such key" : $"one of the keys {string.Join(", ", _known)}");
        }
    }

    public void Fault(string key, string? value, string expected) =>
        faults.Add(new($"{section.Path}:{key}", value is not null && (IsSecret(key) || HasCredentials(value)) ? ConfigurationFault.Hidden : value, expected));

    /// <summary>A URL may carry them before its host or in its query.</summary>
    private static bool HasCredentials(string value) =>
        value.Contains("://", StringComparison.Ordinal) && value.AsSpan().IndexOfAny('@', '?') >= 0;

    private static bool IsSecret(string key) => SecretWords.Any(word => key.Contains(word, StringComparison.OrdinalIgnoreCase));

    public static bool TryParse(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static string Figure(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
