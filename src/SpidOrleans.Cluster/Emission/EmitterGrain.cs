using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using Orleans.Streams.Core;
using SpidOrleans.Cluster.DeadLetters;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Placement;
using SpidOrleans.Contracts.Emission;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Mixpanel.Delivery;

namespace SpidOrleans.Cluster.Emission;

/// <summary>
/// Drains one shard: read the oldest rows, send them, remove exactly those, again until empty. A row is removed only after
/// Mixpanel has it, and younger rows of its person are sent only after that: so a younger event never arrives first, whatever
/// crashes and even if two emitters drain one shard for a while. Nothing is held in memory between two attempts, but
/// for the few changes of profiles that must not be made twice.
/// </summary>
[GrainType("emitter")]
[KeepAlive]
[KeyPlacement]
[ImplicitStreamSubscription(OutboxBell.StreamName)]
internal sealed partial class EmitterGrain(
    IOutbox outbox,
    MixpanelClient mixpanel,
    ClusterSettings settings,
    SiloRing ring,
    DeadLetterMeter letters,
    [FromKeyedServices(EmissionLimits.Clock)] TimeProvider clock,
    TimeProvider calls,
    ILogger<EmitterGrain> logger)
    : Grain, IEmitterGrain, IStreamSubscriptionObserver, IAsyncObserver<OutboxRing>, IDisposable
{
    /// <summary>Reason of a dead letter.</summary>
    public const string UnknownOutcome = "Sent, and it is not known whether Mixpanel carried it out: $add and $append are not repeated";

    private readonly CancellationTokenSource _stopping = new();
    // Of a batch at most.
    private readonly List<long> _givenUp = [];
    private readonly List<long> _carriedOut = [];
    private Shard _shard;
    private MixpanelProject? _project;
    private Task _drain = Task.CompletedTask;
    private Task _round = Task.CompletedTask;
    private long? _misplacedSince;
    private bool _isRung;
    private KindCounter _attempts;
    private KindCounter _unexplained;
    private EmitterBudget _budget = null!;
    private int _eventsCeiling;
    private int _eventsMax;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _shard = Shard.Parse(this.GetPrimaryKeyString());
        if (settings.Projects.GetValueOrDefault(_shard.Project) is not { } project) return Task.CompletedTask;

        _project = project.ToMixpanel();
        // No more than may go out at once.
        _eventsMax = _eventsCeiling = Math.Min(EmissionLimits.BatchEventsMax, project.EventsPerSecond);
        var ownRate = new RateBudget((double)project.EventsPerSecond / project.Shards, EmissionLimits.BytesPerMinute(project.EventsPerSecond) / project.Shards, TimeSpan.Zero);
        _budget = new EmitterBudget(GrainFactory.GetGrain<IProjectBudgetGrain>(project.Name), ownRate, project.Name, clock, calls, logger);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // Between two batches: a request under way ends, so that its rows are removed and not sent again elsewhere.
        await _stopping.CancelAsync();
        await _drain.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    public void Dispose() => _stopping.Dispose();

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<OutboxRing>().ResumeAsync(this);

    public Task OnNextAsync(OutboxRing item, StreamSequenceToken? token = null) => WakeAsync();

    public Task OnErrorAsync(Exception ex) => WakeAsync();

    public Task WakeAsync()
    {
        if (!ring.IsOwn(_shard.Key, out _))
        {
            // A silo has come that this shard belongs to: the next bell rings there. Two emitters of one shard only hold each
            // other up; but should the move never happen, somebody must deliver.
            _misplacedSince ??= clock.GetTimestamp();
            this.MigrateOnIdle();
            if (clock.GetElapsedTime(_misplacedSince.Value) < EmissionLimits.MovePatience) return Task.CompletedTask;
        }

        _isRung = true;
        // The loop runs on this grain's scheduler between its calls; a bell while it runs only leaves the mark.
        if (_drain.IsCompleted && _project is not null && !_stopping.IsCancellationRequested) _drain = DrainAsync(_project);
        return Task.CompletedTask;
    }

    public async Task SettleAsync() => await _round.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private async Task DrainAsync(MixpanelProject project)
    {
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                _isRung = false;
                var round = SendOldestAsync(project);
                _round = round;
                var pause = await round;
                if (pause > TimeSpan.Zero) await Task.Delay(pause.Value, clock, _stopping.Token);
                else if (pause is null && !_isRung) return;
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            // A fault of ours. The sweep starts the loop again; the rows are where they were.
            LogDrainFailed(logger, _shard, exception);
        }
    }

    /// <summary>One round.</summary>
    /// <returns>How long to pause before the next; null when the shard was empty.</returns>
    private async Task<TimeSpan?> SendOldestAsync(MixpanelProject project)
    {
        try
        {
            await SettleUnrepeatableAsync();
            var rows = await outbox.ReadOldestAsync(_shard, _eventsMax, EmissionLimits.BatchBytesMax, _stopping.Token);
            if (rows.Count == 0)
            {
                // Whatever was too large is gone.
                _eventsMax = _eventsCeiling;
                return null;
            }

            foreach (var layer in Layers.Of(rows))
            {
                var request = EmissionRequest.Of(layer);
                var share = await _budget.ReserveAsync(layer.Rows.Count, request.Bytes);
                if (!share.IsGranted) return share.Wait;
                if (share.Wait > TimeSpan.Zero) await Task.Delay(share.Wait, clock, _stopping.Token);

                // No token: once sent, the answer is worth waiting for. The client bounds the time.
                var outcome = await request.SendAsync(mixpanel, project, CancellationToken.None);
                if (share.IsRecovering && outcome is SendOutcome.Accepted or SendOutcome.Refused) await _budget.ResumedAsync();
                // What failed stays where it is, and with it all layers behind it.
                if (await CarryOutAsync(layer, outcome) is { } pause) return pause;
                if (_stopping.IsCancellationRequested) return TimeSpan.Zero;
            }

            _eventsMax = Math.Min(_eventsMax * 2, _eventsCeiling);
            return rows.Count < EmissionLimits.BatchEventsWorthwhile ? EmissionLimits.Linger : TimeSpan.Zero;
        }
        catch (OutboxUnavailableException exception)
        {
            LogOutboxAway(logger, _shard, exception.Message);
            return Backoff.Next(++_attempts[PayloadKind.Event], new SendOutcome.Retry(null, "outbox", null, Throttled: false), Random.Shared.NextDouble());
        }
    }

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

    [LoggerMessage(EventId = 3104, Level = LogLevel.Warning, Message = "The outbox does not answer the emitter of shard {Shard} ({Reason}); it tries again")]
    private static partial void LogOutboxAway(ILogger logger, Shard shard, string reason);

    [LoggerMessage(EventId = 3105, Level = LogLevel.Error, Message = "The emitter of shard {Shard} stumbled; the sweep starts it again")]
    private static partial void LogDrainFailed(ILogger logger, Shard shard, Exception exception);
}
