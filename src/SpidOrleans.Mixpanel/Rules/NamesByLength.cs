using System.Text;

namespace SpidOrleans.Mixpanel.Rules;

/// <summary>A set of names, by their length in bytes: most names that are looked for meet no candidate at all.</summary>
public sealed class NamesByLength
{
    private readonly byte[][][] _names;

    /// <param name="names">At least one.</param>
    public NamesByLength(params IEnumerable<string> names)
    {
        var groups = names.Select(Encoding.UTF8.GetBytes).ToLookup(name => name.Length);
        _names = [.. Enumerable.Range(0, groups.Max(group => group.Key) + 1).Select(length => groups[length].ToArray())];
    }

    /// <param name="name">Unescaped UTF-8.</param>
    public bool Contains(ReadOnlySpan<byte> name)
    {
        if (name.Length >= _names.Length) return false;
        foreach (var candidate in _names[name.Length])
        {
            if (name.SequenceEqual(candidate)) return true;
        }

        return false;
    }
}
