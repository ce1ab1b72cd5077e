namespace SpidOrleans.Cluster.Outbox;

/// <summary>Events of persons who have not said whether they want to be tracked, beside the outbox, where no emitter sees them. Throws as
/// <see cref="IOutbox"/> does.</summary>
public interface IHeldEventStore
{
    /// <summary>Removes events that have been held since before a time, the oldest first.</summary>
    /// <param name="max">At least 1.</param>
    /// <returns>How many went.</returns>
    Task<int> LetGoAsync(long heldBeforeMs, int max);
}
