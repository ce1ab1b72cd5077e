using Microsoft.Extensions.Logging;
using SpidOrleans.Cluster.Emission;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Operations;
using SpidOrleans.Mixpanel.Delivery;

namespace SpidOrleans.Cluster.Operations;

/// <summary>Where the outbox's writer and the emitters of this silo say what they did. It counts always, writes down what the journal's
/// budget admits, and reads events for live views only while there are any.</summary>
internal sealed partial class OperationsWatch(
    Traffic traffic, DeliveryBoard board, EventJournal journal, LiveViews views, TimeProvider clock, ILogger<OperationsWatch> logger) : IOutboxWatch
{
    /// <summary>Told of every erasure that is done, here and elsewhere.</summary>
    public Action<IReadOnlyList<string>>? Erased { get; set; }

    public void Committed(IReadOnlyList<OutboxOperation> group)
    {
        try
        {
            Note(group);
        }
        catch (Exception exception)
        {
            // What is only looked at must not stop the writer.
            LogStumbled(logger, exception);
        }
    }

    private void Note(IReadOnlyList<OutboxOperation> group)
    {
        var events = 0;
        foreach (var operation in group)
        {
            switch (operation)
            {
                case AppendOperation { Result: true } append:
                    events += append.Rows;
                    traffic.Accepted(append.Lane.Shard.Project, append.Rows);
                    break;
                case MoveOperation { Result: >= 0, Last: not null } move:
                    events++;
                    traffic.Accepted(move.LastShard.Project, 1);
                    break;
                case EraseOperation { Result.IsComplete: true, Erasure.IsOfPendingOnly: false } erase:
                    Erased?.Invoke(erase.Identities);
                    break;
            }
        }

        if (events == 0) return;
        var (isWritten, isShown) = (journal.Admits(JournalStep.Accepted, events), views.IsAnybodyLooking);
        if (!isWritten && !isShown) return;
        var now = NowMs;
        foreach (var operation in group)
        {
            if (operation is AppendOperation { Result: true } append)
            {
                foreach (var item in append.Events) Note(JournalStep.Accepted, now, append.Lane.Shard, item.Payload.Span, 0, isWritten, isShown);
            }

            if (operation is not MoveOperation { Result: >= 0 and var moved, Last: { } last } move) continue;
            if (isWritten) journal.WriteMerge(now, move.FromIdentity, move.ToIdentity, moved);
            Note(JournalStep.Accepted, now, move.LastShard, last.Payload.Span, 0, isWritten, isShown);
        }
    }

    public void Came(Shard shard) => board.Came(shard);

    public void Left(Shard shard) => board.Left(shard);

    public void Held(Shard shard) => board.Held(shard);

    public void Failed(Shard shard, string reason, TimeSpan pause) => board.Failed(shard, reason, pause);

    /// <summary>What Mixpanel answered, once it is carried out.</summary>
    /// <param name="pause">That the emitter makes; null: these rows are done with.</param>
    public void Sent(Shard shard, Layer layer, SendOutcome outcome, TimeSpan took, TimeSpan? pause)
    {
        HashSet<int> refused = outcome switch
        {
            SendOutcome.Refused(var events) => [.. events.Select(one => one.Index)],
            SendOutcome.TooLarge when pause is null => [0],
            _ => [],
        };
        if (outcome is SendOutcome.Accepted or SendOutcome.Refused || refused.Count > 0)
        {
            var taken = layer.Rows.Count - refused.Count;
            board.Delivered(shard, taken);
            traffic.Delivered(shard.Project, taken);
            Note(shard, layer, refused, took);
        }

        if (pause > TimeSpan.Zero && Describe(outcome) is { } reason) board.Failed(shard, reason, pause.Value);
    }

    private void Note(Shard shard, Layer layer, HashSet<int> refused, TimeSpan took)
    {
        var (isWritten, isShown) = (journal.Admits(JournalStep.Delivered, layer.Rows.Count), views.IsAnybodyLooking);
        if (!isWritten && !isShown) return;
        var (now, figure) = (NowMs, (int)took.TotalMilliseconds);
        for (var i = 0; i < layer.Rows.Count; i++)
            Note(refused.Contains(i) ? JournalStep.Refused : JournalStep.Delivered, now, shard, layer.Rows[i].Payload.Span, figure, isWritten, isShown);
    }

    private void Note(JournalStep step, long now, Shard shard, ReadOnlySpan<byte> payload, int figure, bool isWritten, bool isShown)
    {
        if (isWritten) journal.Write(step, now, shard.Key, EventHead.Read(payload), figure);
        if (isShown) views.Show(step, now, shard.Project, payload);
    }

    private static string? Describe(SendOutcome outcome) => outcome switch
    {
        SendOutcome.Retry { Throttled: true } => "Mixpanel throttles the project (429).",
        SendOutcome.Retry retry => $"Not taken: {retry.Reason}.",
        SendOutcome.Unclear unclear => $"Mixpanel's answer is not clear: {unclear.Reason}.",
        SendOutcome.Unauthorised(var status) => $"Mixpanel refuses the project's credentials ({status}).",
        SendOutcome.Refused or SendOutcome.TooLarge => "Mixpanel refuses events in a row without naming a fault of theirs, or there is no room for more dead letters.",
        _ => null,
    };

    [LoggerMessage(EventId = 3403, Level = LogLevel.Error, Message = "What was committed could not be noted for the console")]
    private static partial void LogStumbled(ILogger logger, Exception exception);

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();
}
