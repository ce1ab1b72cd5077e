using System.Buffers.Text;
using System.IO.Hashing;
using System.Text.Encodings.Web;
using System.Text.Json;
using SpidOrleans.Contracts.Operations;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Operations;

/// <summary>
/// What became of the last events on this silo: in memory, without their content, and of users no more than a number. Bounded in
/// entries, in age, and in how many are written down in a second: beyond that they are counted, and the answer says so.
/// </summary>
internal sealed class EventJournal(JournalOptions options, TimeProvider clock)
{
    private const int ChunkEntries = 8_192;

    /// <summary>Names of events, and of shards, that are remembered.</summary>
    private const int NamesMax = 4_096;

    private readonly Lock _lock = new();
    private readonly Queue<Chunk> _chunks = new();
    private readonly NameTable _names = new(NamesMax);
    private readonly NameTable _shards = new(NamesMax);
    private readonly long _startedMs = clock.GetUtcNow().ToUnixTimeMilliseconds();
    private readonly JournalBudget _accepted = new(options.EventsPerSecond, clock);
    private readonly JournalBudget _delivered = new(options.EventsPerSecond, clock);
    private Chunk? _open;

    public bool IsOn => options.EntriesMax > 0;

    /// <summary>Whether so many events may be written down now; if not, they count as skipped.</summary>
    public bool Admits(JournalStep step, int events) => IsOn && (step == JournalStep.Accepted ? _accepted : _delivered).Takes(events);

    public void Write(JournalStep step, long atMs, string shard, in EventHead head, int figure)
    {
        var entry = (Event: HashOf(head.InsertId), Visitor: GuidOf(head.Device), User: HashOf(head.User));
        lock (_lock)
        {
            Append(new JournalEntry
            {
                AtMs = atMs,
                Event = entry.Event,
                Visitor = entry.Visitor,
                User = entry.User,
                Step = step,
                Shard = _shards.NumberOf(shard),
                Name = _names.NumberOf(head.Name),
                Figure = (ushort)Math.Min(figure, ushort.MaxValue),
            });
        }
    }

    public void WriteMerge(long atMs, string visitorKey, string userKey, int moved)
    {
        if (!IsOn) return;
        var visitor = VisitorOf(visitorKey);
        lock (_lock)
        {
            Append(new JournalEntry
            {
                AtMs = atMs,
                Visitor = visitor,
                User = HashOfText(userKey.AsSpan(2)),
                Step = JournalStep.Merged,
                Figure = (ushort)Math.Min(moved, ushort.MaxValue),
            });
        }
    }

    /// <summary>An erased person's lines go too.</summary>
    public void Erase(IEnumerable<string> identities)
    {
        var wanted = identities.Select(identity => identity.StartsWith("v:", StringComparison.Ordinal)
            ? (VisitorOf(identity), 0ul)
            : (Guid.Empty, HashOfText(identity.AsSpan(2)))).ToHashSet();
        foreach (var chunk in Snapshot())
        {
            for (var i = 0; i < chunk.Count; i++)
            {
                ref var entry = ref chunk.Entries[i];
                var isOurs = entry.Visitor != Guid.Empty && wanted.Contains((entry.Visitor, 0)) || entry.User != 0 && wanted.Contains((Guid.Empty, entry.User));
                if (isOurs) entry = new JournalEntry { AtMs = entry.AtMs };
            }
        }
    }

    /// <summary>Looks through everything, newest first, without holding up whoever writes.</summary>
    public JournalPage Find(JournalQuery query)
    {
        var horizonMs = clock.GetUtcNow().ToUnixTimeMilliseconds() - (long)options.Age.TotalMilliseconds;
        var (wantedEvent, wantedVisitor, wantedUser) = (HashOfText(query.InsertId), query.Visitor is { } v ? Guid.Parse(v.ToString()) : Guid.Empty, HashOfText(query.User?.ToString()));
        var chunks = Snapshot();
        var found = new List<JournalNote>();
        var isCut = false;
        for (var c = chunks.Length - 1; c >= 0 && !isCut; c--)
        {
            for (var i = chunks[c].Count - 1; i >= 0; i--)
            {
                ref readonly var entry = ref chunks[c].Entries[i];
                var isWanted = wantedEvent != 0 ? entry.Event == wantedEvent
                    : wantedVisitor != Guid.Empty ? entry.Visitor == wantedVisitor
                    : wantedUser != 0 && entry.User == wantedUser;
                if (!isWanted || entry.AtMs < horizonMs) continue;
                if (isCut = found.Count == OperationsLimits.NotesShown) break;
                found.Add(Tell(entry));
            }
        }

        var sinceMs = Math.Max(horizonMs, chunks is [var oldest, ..] && chunks.Length > 1 ? oldest.Entries[0].AtMs : _startedMs);
        return new JournalPage { Notes = [.. found], IsCut = isCut, SinceMs = IsOn ? sinceMs : null, Skipped = _accepted.Skipped + _delivered.Skipped };
    }

    private JournalNote Tell(in JournalEntry entry)
    {
        lock (_lock)
        {
            return new JournalNote
            {
                Step = entry.Step,
                AtMs = entry.AtMs,
                Event = Text(_names[entry.Name]),
                Shard = _shards[entry.Shard],
                Visitor = VisitorId.TryParse(entry.Visitor.ToString(), out var visitor) ? visitor : null,
                HasUser = entry.User != 0,
                Figure = entry.Figure,
                Event64 = entry.Event,
            };
        }
    }

    /// <summary>Names are kept as they stand in JSON.</summary>
    private static string? Text(string? json) => json?.Contains('\\') == true ? JsonElement.Parse($"\"{json}\"").GetString() : json;

    /// <summary>Entries beyond a chunk's count may be written meanwhile; those below it never change, but for an erasure.</summary>
    private (JournalEntry[] Entries, int Count)[] Snapshot()
    {
        lock (_lock) return [.. _chunks.Select(chunk => (chunk.Entries, chunk.Count))];
    }

    private void Append(in JournalEntry entry)
    {
        if (_open is null || _open.Count == ChunkEntries)
        {
            _chunks.Enqueue(_open = new Chunk());
            if (_chunks.Count > Math.Max(2, options.EntriesMax / ChunkEntries)) _chunks.Dequeue();
        }

        _open.Entries[_open.Count++] = entry;
    }

    private static ulong HashOf(ReadOnlySpan<byte> json) => json.IsEmpty ? 0 : XxHash3.HashToUInt64(json) | 1;

    /// <summary>As it would stand in a payload.</summary>
    private static ulong HashOfText(ReadOnlySpan<char> text) =>
        text.IsEmpty ? 0 : HashOf(JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes);

    private static Guid VisitorOf(string key) => Guid.TryParse(key.AsSpan(2), out var visitor) ? visitor : Guid.Empty;

    private static Guid GuidOf(ReadOnlySpan<byte> text) => Utf8Parser.TryParse(text, out Guid id, out var length) && length == text.Length ? id : Guid.Empty;

    private sealed class Chunk
    {
        public JournalEntry[] Entries { get; } = new JournalEntry[ChunkEntries];

        public int Count { get; set; }
    }
}
