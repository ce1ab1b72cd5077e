using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using Orleans.Streams.Core;
using SpidOrleans.Cluster.DeadLetters;
using SpidOrleans.Cluster.Operations;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Placement;
using SpidOrleans.Cluster.Telemetry;
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
    OperationsWatch watch,
    ProjectHalts halts,
    DeliveryMetrics metrics,
    [FromKeyedServices(EmissionLimits.Clock)] TimeProvider clock,
    TimeProvider calls,
    ILogger<EmitterGrain> logger)
    : Grain, IEmitterGrain, IStreamSubscriptionObserver, IAsyncObserver<OutboxRing>, IDisposable
{
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
    private DeliverySpans _spans = null!;
    private int _eventsCeiling;
    private int _eventsMax;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _shard = Shard.Parse(this.GetPrimaryKeyString());
        _spans = new DeliverySpans(_shard.Project);
        metrics.Began();
        if (settings.Projects.GetValueOrDefault(_shard.Project) is not { } project) return Task.CompletedTask;

        watch.Came(_shard);
        _project = project.ToMixpanel();
        // No more than may go out at once.
        _eventsMax = _eventsCeiling = Math.Min(EmissionLimits.BatchEventsMax, project.EventsPerSecond);
        var ownRate = new RateBudget((double)project.EventsPerSecond / project.Shards, EmissionLimits.BytesPerMinute(project.EventsPerSecond) / project.Shards, TimeSpan.Zero);
        _budget = new EmitterBudget(GrainFactory.GetGrain<IProjectBudgetGrain>(project.Name), ownRate, project.Name, clock, calls, logger);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        watch.Left(_shard);
        metrics.Ended();
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

    public Task TraceAsync(long position, ImmutableArray<string> requests)
    {
        _spans.Add(position, requests);
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
                if (halts.IsHalted(project.Name))
                {
                    await Task.Delay(EmissionLimits.HaltedPause, clock, _stopping.Token);
                    continue;
                }

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
                if (!share.IsGranted)
                {
                    watch.Held(_shard);
                    return share.Wait;
                }

                if (share.Wait > TimeSpan.Zero) await Task.Delay(share.Wait, clock, _stopping.Token);

                // No token: once sent, the answer is worth waiting for. The client bounds the time.
                var (sentAt, began) = (calls.GetUtcNow(), calls.GetTimestamp());
                var span = _spans.Begin(layer.Rows[^1].Position, sentAt);
                var outcome = await request.SendAsync(mixpanel, project, CancellationToken.None);
                var took = calls.GetElapsedTime(began);
                _spans.End(span, layer, outcome, sentAt, took);
                metrics.Answered(layer, project.Name, outcome, took);
                if (share.IsRecovering && outcome is SendOutcome.Accepted or SendOutcome.Refused) await _budget.ResumedAsync();
                // What failed stays where it is, and with it all layers behind it.
                var pause = await CarryOutAsync(layer, outcome);
                metrics.Settled(layer, project.Name, outcome);
                watch.Sent(_shard, layer, outcome, took, pause);
                if (pause is not null) return pause;
                if (_stopping.IsCancellationRequested) return TimeSpan.Zero;
            }

            _eventsMax = Math.Min(_eventsMax * 2, _eventsCeiling);
            return rows.Count < EmissionLimits.BatchEventsWorthwhile ? EmissionLimits.Linger : TimeSpan.Zero;
        }
        catch (OutboxUnavailableException exception)
        {
            LogOutboxAway(logger, _shard, exception.Message);
            var pause = Backoff.Next(++_attempts[PayloadKind.Event], new SendOutcome.Retry(null, "outbox", null, Throttled: false), Random.Shared.NextDouble());
            watch.Failed(_shard, "The database does not answer.", pause);
            return pause;
        }
    }

    [LoggerMessage(EventId = 3104, Level = LogLevel.Warning, Message = "The outbox does not answer the emitter of shard {Shard} ({Reason}); it tries again")]
    private static partial void LogOutboxAway(ILogger logger, Shard shard, string reason);

    [LoggerMessage(EventId = 3105, Level = LogLevel.Error, Message = "The emitter of shard {Shard} stumbled; the sweep starts it again")]
    private static partial void LogDrainFailed(ILogger logger, Shard shard, Exception exception);
}
