namespace SpidOrleans.Mixpanel.Preview;

/// <summary>
/// Which ids are one person, by Original ID Merge: <c>$identify</c> joins an anonymous id with an identified one, for ever. Mixpanel
/// picks the canonical id as it likes; here it is the identified one. Not thread-safe; <see cref="PreviewProject"/> guards it.
/// </summary>
/// <param name="linksMax">As of <see cref="PreviewIdentities"/>.</param>
internal sealed class PreviewClusters(int linksMax)
{
    /// <summary>Ids of one person, the identified one among them.</summary>
    public const int IdsMax = 500;

    public const string SameIds = "errSameIDs";
    public const string NoUuid = "errAnonDistinctIdNonGUIDForm";
    public const string TooManyIds = "errManyIDs";

    private readonly PreviewIdentities _links = new(linksMax);

    /// <summary>True for a UUID version 4: no other id may be joined with an identified one.</summary>
    public static bool IsAnonymous(string? id) =>
        id is { Length: 36 } && Guid.TryParseExact(id, "D", out _) && id[14] == '4' && id[19] is '8' or '9' or 'a' or 'b' or 'A' or 'B';

    /// <summary>Takes note of an <c>$identify</c>.</summary>
    /// <returns>Null, or why Mixpanel does not join the two.</returns>
    public string? Identify(string? identified, string? anonymous)
    {
        if (identified == anonymous) return SameIds;
        if (!IsAnonymous(anonymous)) return NoUuid;
        if (identified is not { Length: > 0 }) return null;
        var person = Resolve(identified);
        // The identified one counts too.
        if (_links.UserOf(anonymous!) is null && _links.DevicesOf(person) + 1 >= IdsMax) return TooManyIds;
        return _links.Observe(anonymous, person);
    }

    /// <summary>Forgets all that joins one of these ids.</summary>
    public void Forget(IReadOnlySet<string> ids) => _links.Forget(ids);

    /// <summary>The canonical id, now.</summary>
    public string Resolve(string id) => _links.UserOf(id) ?? id;
}
