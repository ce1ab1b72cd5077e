using Microsoft.Extensions.Logging;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Mixpanel.Delivery;

namespace SpidOrleans.Cluster.Emission;

/// <summary>What becomes of rows by Mixpanel's answer: gone, buried, given up, or to be sent again after a pause.</summary>
internal sealed partial class EmitterGrain
{
    /// <summary>Reason of a dead letter.</summary>
    public const string UnknownOutcome = "Sent, and it is not known whether Mixpanel carried it out: $add and $append are not repeated";

    /// <returns>How long to pause before the shard is read anew; null: these rows are done with.</returns>
    private async Task<TimeSpan?> CarryOutAsync(Layer layer, SendOutcome outcome)
    {
        var rows = layer.Rows;
        if (layer.Kind != PayloadKind.Event && outcome.MayBeCarriedOut) await GiveUpAsync(layer);
        switch (outcome)
        {
            case SendOutcome.Accepted:
                _unexplained[layer.Kind] = 0;
                if (layer.Kind != PayloadKind.Event) _carriedOut.AddRange(Unrepeatable(layer));
                await outbox.RemoveAsync(_shard, [.. rows.Select(row => row.Position)]);
                _carriedOut.Clear();
                break;
            case SendOutcome.Refused(var refused):
                // Mixpanel stored the rest of the batch.
                if (letters.WaitingOf(_shard.Project) >= settings.DeadLettersMax) return await KeepAsync(rows, [.. refused.Select(r => r.Index)]);
                await BuryAsync([.. refused.Select(r => new RefusedRow(rows[r.Index].Position, r.Field is null ? r.Message : $"{r.Field}: {r.Message}"))]);
                await outbox.RemoveAsync(_shard, [.. rows.Select(row => row.Position)]);
                // One refusal that names no record may be the event's fault; a row of them rather is the project's. They
                // come ever more slowly, so that somebody can step in before the backlog is dead letters.
                _unexplained[layer.Kind] = refused.Any(r => r.Field is null) ? _unexplained[layer.Kind] + 1 : 0;
                if (_unexplained[layer.Kind] > 1) return PauseAfter(_unexplained[layer.Kind]);
                break;
            case SendOutcome.TooLarge or SendOutcome.Unclear when rows.Count > 1:
                _eventsMax = rows.Count / 2;
                return TimeSpan.Zero;
            case SendOutcome.TooLarge when letters.WaitingOf(_shard.Project) >= settings.DeadLettersMax:
                return await KeepAsync(rows, [0]);
            case SendOutcome.TooLarge:
                await BuryAsync([new RefusedRow(rows[0].Position, "Mixpanel answers 413 to this event alone")]);
                break;
            case SendOutcome.Unauthorised(var status):
                LogUnauthorised(logger, _shard.Project, status, EmissionLimits.UnauthorisedPause);
                return EmissionLimits.UnauthorisedPause;
            case SendOutcome.Retry { Throttled: true } throttled:
                // The rate is the project's: all of its shards pause.
                var wait = await _budget.ThrottledAsync(throttled.After);
                LogThrottled(logger, _shard, rows.Count, wait);
                return wait;
            case SendOutcome.Retry retry:
                return PauseBefore(retry, layer);
            case SendOutcome.Unclear unclear:
                // Of one event the client makes a refusal; should it ever not, the event stays.
                return PauseBefore(new SendOutcome.Retry(null, unclear.Reason, null, Throttled: false), layer);
        }

        _attempts[layer.Kind] = 0;
        return null;
    }

    private TimeSpan PauseBefore(SendOutcome.Retry retry, Layer layer)
    {
        var attempt = ++_attempts[layer.Kind];
        var pause = Backoff.Next(attempt, retry, Random.Shared.NextDouble());
        LogRetry(logger, _shard, layer.Rows.Count, retry.Reason, attempt, pause);
        return pause;
    }

    private TimeSpan PauseAfter(int unexplained)
    {
        var pause = Backoff.Next(unexplained, new SendOutcome.Retry(null, "unexplained", null, Throttled: false), Random.Shared.NextDouble());
        LogUnexplained(logger, unexplained, _shard, pause);
        return pause;
    }

    /// <summary>Nobody knows whether Mixpanel did what was sent. Doing it again would count <c>$add</c> and <c>$append</c> twice, and
    /// Mixpanel has nothing by which it could tell: so they are reported instead.</summary>
    private Task GiveUpAsync(Layer layer)
    {
        _givenUp.AddRange(Unrepeatable(layer));
        return SettleUnrepeatableAsync();
    }

    private static IEnumerable<long> Unrepeatable(Layer layer) =>
        layer.Rows.Where(row => !OutboxPayload.IsRepeatable(row.Payload.Span)).Select(row => row.Position);

    /// <summary>What must not be sent again is gone before anything is read anew, also when the database was away in between.</summary>
    private async Task SettleUnrepeatableAsync()
    {
        if (_givenUp.Count > 0)
        {
            var buried = await outbox.BuryAsync(_shard, [.. _givenUp.Select(position => new RefusedRow(position, UnknownOutcome))]);
            _givenUp.Clear();
            letters.Buried(_shard.Project, buried);
            LogGivenUp(logger, buried, _shard.Project);
        }

        if (_carriedOut.Count == 0) return;
        await outbox.RemoveAsync(_shard, [.. _carriedOut]);
        _carriedOut.Clear();
    }

    /// <summary>There is no room for more dead letters: what was refused waits at the front of the shard, and nothing is lost.</summary>
    private async Task<TimeSpan> KeepAsync(IReadOnlyList<OutboxRow> rows, HashSet<int> refused)
    {
        await outbox.RemoveAsync(_shard, [.. rows.Where((_, i) => !refused.Contains(i)).Select(row => row.Position)]);
        LogLettersFull(logger, refused.Count, _shard, settings.DeadLettersMax, EmissionLimits.LettersFullPause);
        return EmissionLimits.LettersFullPause;
    }

    private async Task BuryAsync(RefusedRow[] refused)
    {
        var buried = await outbox.BuryAsync(_shard, refused);
        letters.Buried(_shard.Project, buried);
        LogRefused(logger, buried, _shard.Project);
    }

    [LoggerMessage(EventId = 3101, Level = LogLevel.Warning, Message =
        "Mixpanel refused {EventCount} events of project {Project} for good; kept as dead letters")]
    private static partial void LogRefused(ILogger logger, int eventCount, string project);

    [LoggerMessage(EventId = 3102, Level = LogLevel.Warning, Message =
        "Mixpanel did not take {EventCount} events of shard {Shard} ({Reason}), attempt {Attempt}; the next in {Pause}")]
    private static partial void LogRetry(ILogger logger, Shard shard, int eventCount, string reason, int attempt, TimeSpan pause);

    [LoggerMessage(EventId = 3110, Level = LogLevel.Warning, Message =
        "Mixpanel throttles {EventCount} events of shard {Shard}: its whole project pauses; the next in {Pause}")]
    private static partial void LogThrottled(ILogger logger, Shard shard, int eventCount, TimeSpan pause);

    [LoggerMessage(EventId = 3103, Level = LogLevel.Critical, Message =
        "Mixpanel answers {StatusCode} to the credentials of project {Project}: its delivery stops until they are right; looking again in {Pause}")]
    private static partial void LogUnauthorised(ILogger logger, string project, int statusCode, TimeSpan pause);

    [LoggerMessage(EventId = 3106, Level = LogLevel.Critical, Message =
        "Mixpanel refused {EventCount} events of shard {Shard} in a row without naming a fault of theirs: look at the project's settings; the next in {Pause}")]
    private static partial void LogUnexplained(ILogger logger, int eventCount, Shard shard, TimeSpan pause);

    [LoggerMessage(EventId = 3107, Level = LogLevel.Warning, Message =
        "Nobody knows whether Mixpanel carried out {ChangeCount} changes of profiles of project {Project} that must not be repeated; kept as dead letters")]
    private static partial void LogGivenUp(ILogger logger, int changeCount, string project);

    [LoggerMessage(EventId = 3108, Level = LogLevel.Critical, Message =
        "Mixpanel refuses {EventCount} events of shard {Shard}, whose project has {Max} dead letters already (DeadLetters:MaxPerProject): they stay in the outbox, and delivery crawls until letters are replayed or discarded; the next batch in {Pause}")]
    private static partial void LogLettersFull(ILogger logger, int eventCount, Shard shard, int max, TimeSpan pause);
}
