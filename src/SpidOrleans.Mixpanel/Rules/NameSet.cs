namespace SpidOrleans.Mixpanel.Rules;

/// <summary>
/// The names of the objects that are open at this point of the reading, innermost last: a stack of hashes, searched
/// from where the innermost object begins. 200 names are 25 vector comparisons, so nothing cleverer pays.
/// </summary>
public sealed class NameSet
{
    /// <summary>Names that can be open at once: the properties and one object on each level.</summary>
    private const int NamesMax = EventRules.PropertiesMax + (EventRules.LevelMax * EventRules.EntriesMax);

    [ThreadStatic]
    private static NameSet? s_ofThisThread;

    private readonly int[] _hashes = new int[NamesMax];
    private readonly int[] _positions = new int[NamesMax];

    public int Count { get; private set; }

    /// <summary>This thread's set, emptied: a body is read without a pause, so no two readings share it.</summary>
    public static NameSet Borrow()
    {
        var names = s_ofThisThread ??= new NameSet();
        names.Count = 0;
        return names;
    }

    /// <summary>Seeded at random per process: nobody can prepare names that collide.</summary>
    public static int Hash(ReadOnlySpan<byte> name)
    {
        var hasher = new HashCode();
        hasher.AddBytes(name);
        return hasher.ToHashCode();
    }

    /// <summary>Adds a name unless the object whose first name is number <paramref name="first"/> has it already.</summary>
    /// <param name="name">Unescaped.</param>
    /// <param name="hash">Equal for equal names; the names themselves decide.</param>
    /// <param name="position">Where its opening quote stands in <paramref name="body"/>.</param>
    public bool TryAdd(ReadOnlySpan<byte> body, ReadOnlySpan<byte> name, int hash, int position, int first)
    {
        for (var next = first; next < Count; next++)
        {
            var hit = _hashes.AsSpan(next, Count - next).IndexOf(hash);
            if (hit < 0) break;
            next += hit;
            if (JsonText.EqualsAt(body, _positions[next], name)) return false;
        }

        _hashes[Count] = hash;
        _positions[Count] = position;
        Count++;
        return true;
    }

    /// <summary>Forgets the names of the object that just ended.</summary>
    public void Close(int first) => Count = first;
}
