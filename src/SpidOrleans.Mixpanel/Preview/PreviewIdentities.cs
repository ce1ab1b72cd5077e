namespace SpidOrleans.Mixpanel.Preview;

/// <summary>
/// Which device belongs to which user, by Simplified ID Merge: the first event that names both decides, for ever.
/// Not thread-safe; <see cref="PreviewProject"/> guards it.
/// </summary>
/// <param name="linksMax">
/// Links remembered, the device unheard of for longest forgotten first. At least as many as events are kept, so that
/// no event that can still be seen changes its person again.
/// </param>
internal sealed class PreviewIdentities(int linksMax)
{
    /// <summary>Mixpanel's word for an event whose device is somebody else's.</summary>
    public const string AlreadyAssigned = "errAnonDistinctIdAssignedAlready";

    private readonly Dictionary<string, LinkedListNode<Link>> _links = new(StringComparer.Ordinal);
    private readonly LinkedList<Link> _byUse = [];
    private readonly Dictionary<string, int> _devices = new(StringComparer.Ordinal);

    public static string Anonymous(string? device) => "$device:" + device;

    /// <summary>Takes note of an event's ids.</summary>
    /// <returns>Null, or why the ids cannot both be followed; the event then belongs to its own user.</returns>
    public string? Observe(string? device, string? user)
    {
        if (device is null) return null;
        if (_links.TryGetValue(device, out var known))
        {
            _byUse.Remove(known);
            _byUse.AddLast(known);
            return user is null || user == known.Value.User ? null : AlreadyAssigned;
        }

        if (user is null) return null;
        if (_links.Count == linksMax)
        {
            Forget(_byUse.First!);
        }

        _links.Add(device, _byUse.AddLast(new Link(device, user)));
        _devices[user] = DevicesOf(user) + 1;
        return null;
    }

    /// <summary>Forgets all links of these devices and users.</summary>
    /// <param name="ids">Devices bare, or as <see cref="Anonymous"/> has them.</param>
    public void Forget(IReadOnlySet<string> ids)
    {
        for (var link = _byUse.First; link is not null;)
        {
            var next = link.Next;
            if (ids.Contains(link.Value.User) || ids.Contains(link.Value.Device) || ids.Contains(Anonymous(link.Value.Device))) Forget(link);
            link = next;
        }
    }

    private void Forget(LinkedListNode<Link> link)
    {
        _byUse.Remove(link);
        _links.Remove(link.Value.Device);
        if (--_devices[link.Value.User] == 0) _devices.Remove(link.Value.User);
    }

    public string? UserOf(string device) => _links.TryGetValue(device, out var link) ? link.Value.User : null;

    /// <summary>How many devices belong to the user.</summary>
    public int DevicesOf(string user) => _devices.GetValueOrDefault(user);

    /// <summary>The canonical id, now.</summary>
    public string Resolve(string? device, string? user) =>
        user ?? (device is not null ? UserOf(device) : null) ?? Anonymous(device);

    private readonly record struct Link(string Device, string User);
}
