using System.Text;

namespace SpidOrleans.Cluster.Operations;

/// <summary>Small numbers for names that come again and again. For one thread.</summary>
/// <param name="max">Further names have the number 0.</param>
internal sealed class NameTable(int max)
{
    private readonly Dictionary<string, ushort> _numbers = new(StringComparer.Ordinal);
    private readonly List<string?> _names = [null];

    public ushort NumberOf(ReadOnlySpan<char> name)
    {
        var byText = _numbers.GetAlternateLookup<ReadOnlySpan<char>>();
        if (byText.TryGetValue(name, out var number)) return number;
        if (name.IsEmpty || _names.Count > max) return 0;
        byText[name] = number = (ushort)_names.Count;
        _names.Add(name.ToString());
        return number;
    }

    /// <param name="name">Of at most 255 characters in UTF-8.</param>
    public ushort NumberOf(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[255 * 6];
        return name.Length > text.Length ? (ushort)0 : NumberOf(text[..Encoding.UTF8.GetChars(name, text)]);
    }

    public string? this[int number] => _names[number];
}
