using System.Text.Json;
using SpidOrleans.Mixpanel.Delivery;

namespace SpidOrleans.Mixpanel.Preview;

/// <summary>
/// A Mixpanel project in memory: checks what Mixpanel checks, counts a repeat once, joins identities as Simplified and as
/// Original ID Merge do, and shows the latest arrivals. Safe for many threads; a restart forgets it all.
/// </summary>
public sealed partial class PreviewProject(TimeProvider clock)
{
    /// <summary>Events kept, the oldest arrival forgotten first. A repeat of a forgotten one counts as new.</summary>
    public const int EventsMax = 10_000;

    /// <summary>Bytes of properties kept, for the same end: ten thousand events of 1 MB would be 10 GB.</summary>
    public const long PropertyBytesMax = 64 << 20;

    /// <summary>Devices whose user is remembered.</summary>
    public const int LinksMax = 50_000;

    private readonly Lock _gate = new();
    private readonly LinkedList<Kept> _kept = [];
    private readonly Dictionary<(string, string, long, string), Kept> _byKey = [];
    private readonly PreviewIdentities _identities = new(LinksMax);
    private readonly PreviewClusters _clusters = new(LinksMax);
    private TaskCompletionSource _changed = NewSignal();
    private long _propertyBytes;
    private long _sequence;
    private long _version;

    /// <summary>Another number after every change of what <see cref="Latest"/> and <see cref="LatestProfiles"/> show.</summary>
    public long Version
    {
        get
        {
            lock (_gate) return _version;
        }
    }

    /// <summary>Takes a request's body, uncompressed: a JSON array or one object per line. The good events are stored in any case.</summary>
    /// <param name="merge">How the project that these events are for joins identities.</param>
    public PreviewAnswer Import(ReadOnlySpan<byte> json, IdMerge merge = IdMerge.Simplified)
    {
        if (json.Length > ImportLimits.RequestBytesMax) return PreviewAnswer.TooLarge($"{ImportLimits.RequestBytesMax} bytes");
        List<JsonElement> items;
        try
        {
            items = ImportBody.Read(json);
        }
        catch (JsonException)
        {
            return PreviewAnswer.Malformed("request body is not a JSON array or newline-delimited JSON");
        }

        if (items.Count > ImportLimits.RequestEventsMax)
            return PreviewAnswer.TooLarge($"{ImportLimits.RequestEventsMax} events");

        var now = clock.GetUtcNow();
        var records = new List<ImportRecord>(items.Count);
        var failed = new List<FailedRecord>();
        for (var index = 0; index < items.Count; index++)
        {
            if (ImportValidation.Read(items[index], index, now, merge, out var failure) is { } record) records.Add(record);
            else failed.Add(failure);
        }

        Store(records, now);
        return failed.Count == 0
            ? PreviewAnswer.Imported(records.Count)
            : PreviewAnswer.PartlyFailed(records.Count, failed);
    }

    /// <summary>The latest arrivals, newest last, with the persons they belong to now.</summary>
    public IReadOnlyList<PreviewEvent> Latest(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        lock (_gate)
        {
            var events = new PreviewEvent[Math.Min(limit, _kept.Count)];
            var node = _kept.Last;
            for (var place = events.Length - 1; place >= 0; place--, node = node.Previous) events[place] = Show(node!.Value);
            return events;
        }
    }

    /// <summary>Completes when <see cref="Version"/> is another than the given one, at once if it already is.</summary>
    public Task WaitForChangeAsync(long afterVersion, CancellationToken cancellationToken)
    {
        // «Another», not «greater»: a page that stayed open over a restart knows a version that is not reached for long.
        lock (_gate) return _version != afterVersion ? Task.CompletedTask : _changed.Task.WaitAsync(cancellationToken);
    }

    private void Store(List<ImportRecord> records, DateTimeOffset now)
    {
        TaskCompletionSource? signal = null;
        lock (_gate)
        {
            foreach (var record in records)
            {
                // Mixpanel counts such an event as imported and drops it without a word.
                if (record.Ignored) continue;
                if (_byKey.TryGetValue(record.Key, out var known)) known.Copies++;
                else Keep(record, now);
                signal = _changed;
            }

            if (signal is null) return;
            _version++;
            _changed = NewSignal();
        }

        signal.SetResult();
    }

    private void Keep(ImportRecord record, DateTimeOffset now)
    {
        var failure = !record.IsOriginal ? _identities.Observe(record.DeviceId, record.UserId)
            : record.Joins is (null, null) ? null
            : _clusters.Identify(record.Joins.Identified, record.Joins.Anonymous);
        var kept = new Kept(++_sequence, record, now, failure);
        _kept.AddLast(kept);
        _byKey.Add(record.Key, kept);
        _propertyBytes += record.Properties.Length;
        while (_kept.Count > EventsMax || _propertyBytes > PropertyBytesMax) Forget(_kept.First!);
    }

    private PreviewEvent Show(Kept kept)
    {
        var record = kept.Record;
        var person = PersonOf(record);
        var properties = JsonElement.Parse(record.Properties);
        return new PreviewEvent(
            kept.Sequence, record.Event, record.TimeMs, record.InsertId, record.DeviceId, record.UserId, person, kept.Copies,
            properties, kept.ArrivedAt, kept.IdentityFailure);
    }

    private string PersonOf(ImportRecord record) =>
        record.IsOriginal ? _clusters.Resolve(record.DistinctId) : _identities.Resolve(record.DeviceId, record.UserId);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Kept(long sequence, ImportRecord record, DateTimeOffset arrivedAt, string? identityFailure)
    {
        public long Sequence => sequence;

        public ImportRecord Record => record;

        public DateTimeOffset ArrivedAt => arrivedAt;

        public string? IdentityFailure => identityFailure;

        public int Copies { get; set; } = 1;
    }
}
