namespace SpidOrleans.Mixpanel.Preview;

public sealed partial class PreviewProject
{
    /// <summary>Forgets persons, as Mixpanel's deletion API does, but at once: their events, profiles and links.</summary>
    /// <param name="ids">Mixpanel's ids: a user's, <c>$device:…</c>, or under Original ID Merge a bare device's.</param>
    public void Erase(IEnumerable<string> ids)
    {
        var erased = ids.ToHashSet(StringComparer.Ordinal);
        TaskCompletionSource signal;
        lock (_gate)
        {
            for (var node = _kept.First; node is not null;)
            {
                var (kept, next) = (node.Value, node.Next);
                if (IsOf(kept.Record, erased)) Forget(node);
                node = next;
            }

            foreach (var id in erased)
            {
                if (_profileOf.Remove((null, id), out var profile)) _profiles.Remove(profile);
            }

            _identities.Forget(erased);
            _clusters.Forget(erased);
            _version++;
            signal = _changed;
            _changed = NewSignal();
        }

        signal.SetResult();
    }

    /// <summary>Also of whom a link says that it is one person with them.</summary>
    private bool IsOf(ImportRecord record, HashSet<string> erased) =>
        erased.Contains(record.DistinctId) || erased.Contains(PersonOf(record))
        || (record.DeviceId is { } device && erased.Contains(PreviewIdentities.Anonymous(device)))
        || (record.Joins.Anonymous is { } anonymous && erased.Contains(anonymous));

    private void Forget(LinkedListNode<Kept> node)
    {
        _kept.Remove(node);
        _byKey.Remove(node.Value.Record.Key);
        _propertyBytes -= node.Value.Record.Properties.Length;
    }
}
