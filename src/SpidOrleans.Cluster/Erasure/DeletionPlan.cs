using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Mixpanel.Delivery;

namespace SpidOrleans.Cluster.Erasure;

/// <summary>Where a deletion stands after an answer, and when to look again. Pure.</summary>
internal static class DeletionPlan
{
    /// <summary>Mixpanel takes days, or weeks: there is no hurry to hear of it.</summary>
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Longest = TimeSpan.FromHours(6);

    /// <summary>Somebody must see to the token first.</summary>
    private static readonly TimeSpan Unauthorised = TimeSpan.FromHours(1);

    /// <param name="outcome">Anything but done.</param>
    public static (Deletion Next, TimeSpan Pause) Next(Deletion deletion, DeletionOutcome outcome) => outcome switch
    {
        DeletionOutcome.Asked(var task) => (deletion with { Task = task }, First),
        DeletionOutcome.Failed => (deletion with { Task = null, Attempts = deletion.Attempts + 1 }, Growing(deletion.Attempts)),
        DeletionOutcome.Unauthorised => (deletion, Unauthorised),
        DeletionOutcome.Retry { After: { } after } => (deletion with { Attempts = deletion.Attempts + 1 }, after > Longest ? Longest : after),
        _ => (deletion with { Attempts = deletion.Attempts + 1 }, Growing(deletion.Attempts)),
    };

    private static TimeSpan Growing(int attempts)
    {
        var pause = First * Math.Pow(2, Math.Min(attempts, 20));
        return pause > Longest ? Longest : pause;
    }
}
