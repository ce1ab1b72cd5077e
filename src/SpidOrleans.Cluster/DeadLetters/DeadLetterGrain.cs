using Orleans.Concurrency;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.DeadLetters;
using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Cluster.DeadLetters;

/// <summary>Serves on whichever silo a call reaches: whatever changes, changes in one transaction of the database.</summary>
[GrainType("dead-letters")]
[StatelessWorker]
[Reentrant]
internal sealed class DeadLetterGrain(IDeadLetterStore store, ClusterSettings settings) : Grain, IDeadLetterGrain
{
    /// <summary>Letters that one call looks at, so that a search for what is not there ends.</summary>
    public const int LookedAtMax = 10_000;

    /// <summary>Payload bytes of one answer or one transaction; a single letter may have more.</summary>
    public const int BytesMax = 4 << 20;

    private const int RowsAtOnce = 500;

    /// <summary>A letter whose lane moves to another while it is replayed is read anew.</summary>
    private const int MovesMax = 3;

    public async Task<DeadLetterPage> ListAsync(string project, DeadLetterQuery query)
    {
        try
        {
            var (letters, next) = await FindAsync(project, query);
            return new DeadLetterPage { Letters = [.. letters.Select(Tell)], Next = next };
        }
        catch (OutboxUnavailableException)
        {
            return new DeadLetterPage { IsUnavailable = true };
        }
    }

    public async Task<DeadLetter?> FindAsync(string project, long id) => await ReadAsync(project, id) is { } letter ? Tell(letter) : null;

    public async Task<DeadLetterOutcome> ReplayAsync(string project, long id, EventRepair? repair)
    {
        try
        {
            for (var attempt = 0; attempt < MovesMax; attempt++)
            {
                if (await ReadAsync(project, id) is not { } letter) return DeadLetterOutcome.NotFound;
                if (repair is not null && OutboxPayload.KindOf(letter.Payload.Span) != PayloadKind.Event) return DeadLetterOutcome.NotRepairable;
                if ((await store.ReplayAsync(project, settings.ShardsOf(project), [Again(letter, repair)])).Count > 0) return DeadLetterOutcome.Done;
            }

            return DeadLetterOutcome.Unavailable;
        }
        catch (OutboxUnavailableException)
        {
            return DeadLetterOutcome.Unavailable;
        }
    }

    public async Task<DeadLetterOutcome> DiscardAsync(string project, long id)
    {
        try
        {
            return await store.DiscardAsync(project, [id]) > 0 ? DeadLetterOutcome.Done : DeadLetterOutcome.NotFound;
        }
        catch (OutboxUnavailableException)
        {
            return DeadLetterOutcome.Unavailable;
        }
    }

    public Task<DeadLetterChange> ReplayAllAsync(string project, DeadLetterQuery query) => ChangeAsync(project, query, async letters =>
    {
        var again = letters.ConvertAll(letter => Again(letter, repair: null));
        return (await store.ReplayAsync(project, settings.ShardsOf(project), again)).Count;
    });

    public Task<DeadLetterChange> DiscardAllAsync(string project, DeadLetterQuery query) =>
        ChangeAsync(project, query, letters => store.DiscardAsync(project, letters.ConvertAll(letter => letter.Id)));

    private async Task<DeadLetterChange> ChangeAsync(string project, DeadLetterQuery query, Func<List<StoredLetter>, Task<int>> change)
    {
        try
        {
            var (letters, next) = await FindAsync(project, query);
            return new DeadLetterChange { Count = letters.Count == 0 ? 0 : await change(letters), Next = next };
        }
        catch (OutboxUnavailableException)
        {
            return new DeadLetterChange { IsUnavailable = true };
        }
    }

    /// <summary>As many as match, within the bounds of one call.</summary>
    private async Task<(List<StoredLetter> Letters, DeadLetterCursor? Next)> FindAsync(string project, DeadLetterQuery query)
    {
        var (after, until) = query.Cursor is { } cursor
            ? (cursor.After, cursor.Until)
            : (0, await store.ReadLastLetterAsync(project, CancellationToken.None));
        var found = new List<StoredLetter>();
        var bytes = 0L;
        for (var looked = 0; looked < LookedAtMax;)
        {
            var rows = await store.ReadLettersAsync(
                new LetterRange(project, after, until, query.FromMs ?? 0, query.ToMs ?? long.MaxValue, query.Reason ?? "", RowsAtOnce, BytesMax),
                CancellationToken.None);
            if (rows.Count == 0) return (found, null);
            foreach (var letter in rows)
            {
                if (LetterContent.Matches(letter, query))
                {
                    bytes += letter.Payload.Length;
                    if (found.Count > 0 && bytes > BytesMax) return (found, new DeadLetterCursor(after, until));
                    found.Add(letter);
                }

                after = letter.Id;
                if (found.Count == query.Limit) return (found, after < until ? new DeadLetterCursor(after, until) : null);
            }

            looked += rows.Count;
        }

        return (found, new DeadLetterCursor(after, until));
    }

    private async Task<StoredLetter?> ReadAsync(string project, long id)
    {
        var rows = await store.ReadLettersAsync(new LetterRange(project, id - 1, id, 0, long.MaxValue, "", 1, BytesMax), CancellationToken.None);
        return rows.Count == 0 ? null : rows[0];
    }

    private static ReplayedLetter Again(StoredLetter letter, EventRepair? repair)
    {
        var repaired = repair is null ? new OutboxEvent(letter.TimeMs, letter.Payload) : LetterRepair.Write(letter.Payload, letter.TimeMs, repair);
        return new ReplayedLetter(letter.Id, letter.Target, repaired with { Payload = OutboxPayload.AsReplayed(repaired.Payload.Span) });
    }

    private static DeadLetter Tell(StoredLetter letter) => new()
    {
        Id = letter.Id,
        Identity = letter.Identity,
        Reason = letter.Reason,
        Attempts = 1 + OutboxPayload.ReplaysOf(letter.Payload.Span),
        RefusedAtMs = letter.RefusedAtMs,
        TimeMs = letter.TimeMs,
        Payload = OutboxPayload.Unmarked(letter.Payload),
    };
}
