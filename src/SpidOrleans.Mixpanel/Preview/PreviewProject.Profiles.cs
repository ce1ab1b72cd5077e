using System.Text.Json;
using System.Text.Json.Nodes;

namespace SpidOrleans.Mixpanel.Preview;

public sealed partial class PreviewProject
{
    /// <summary>Profiles kept, the one that changed longest ago forgotten first.</summary>
    public const int ProfilesMax = 1_000;

    private readonly Dictionary<(string? GroupKey, string Id), LinkedListNode<PreviewProfile>> _profileOf = [];
    private readonly LinkedList<PreviewProfile> _profiles = [];

    /// <summary>Takes a request's body: a JSON array of changes, or one. The good ones are carried out in any case.</summary>
    /// <returns>As with verbose=1: an error if none was good.</returns>
    public PreviewAnswer Engage(ReadOnlySpan<byte> json) => Change(json, ofGroups: false);

    /// <summary>As <see cref="Engage"/>, of groups.</summary>
    public PreviewAnswer ChangeGroups(ReadOnlySpan<byte> json) => Change(json, ofGroups: true);

    private PreviewAnswer Change(ReadOnlySpan<byte> json, bool ofGroups)
    {
        if (json.Length > ImportLimits.RequestBytesMax) return PreviewAnswer.TooLarge($"{ImportLimits.RequestBytesMax} bytes");
        List<JsonElement> items;
        try
        {
            items = ImportBody.Read(json);
        }
        catch (JsonException)
        {
            return PreviewAnswer.Engaged("data, missing or empty");
        }

        if (items.Count > ImportLimits.RequestEventsMax) return PreviewAnswer.TooLarge($"{ImportLimits.RequestEventsMax} records");
        string? error = "data, missing or empty";
        var changes = new List<ProfileChange>(items.Count);
        foreach (var item in items)
        {
            if (ProfileChange.Read(item, ofGroups, out var wrong) is { } change) changes.Add(change);
            error = wrong ?? error;
        }

        if (changes.Count == 0) return PreviewAnswer.Engaged(error);
        var now = clock.GetUtcNow();
        TaskCompletionSource signal;
        lock (_gate)
        {
            foreach (var change in changes) CarryOut(change, now);
            _version++;
            signal = _changed;
            _changed = NewSignal();
        }

        signal.SetResult();
        return PreviewAnswer.Engaged(null);
    }

    /// <summary>The latest profiles to change, newest last.</summary>
    public IReadOnlyList<PreviewProfile> LatestProfiles(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        lock (_gate)
        {
            return [.. _profiles.TakeLast(limit).Select(profile => profile with { Properties = (JsonObject)profile.Properties.DeepClone() })];
        }
    }

    private void CarryOut(ProfileChange change, DateTimeOffset now)
    {
        var key = (change.GroupKey, change.Id);
        var before = _profileOf.Remove(key, out var known) ? known.Value : new PreviewProfile(change.Id, [], 0, null) { GroupKey = change.GroupKey };
        if (known is not null) _profiles.Remove(known);
        if (change.Apply(before.Properties) is not { } properties) return;

        var after = before with { Properties = properties, Changes = before.Changes + 1, LastSeenAt = change.IsPresence ? now : before.LastSeenAt };
        _profileOf[key] = _profiles.AddLast(after);
        if (_profiles.Count <= ProfilesMax) return;
        _profileOf.Remove((_profiles.First!.Value.GroupKey, _profiles.First.Value.DistinctId));
        _profiles.RemoveFirst();
    }
}
