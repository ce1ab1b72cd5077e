namespace SpidOrleans.Contracts.Emission;

/// <summary>What all emitters of a project, on whichever silo, may send together; keyed by the project's name. It keeps nothing: one
/// that starts anew has spent its burst already.</summary>
[Alias("spid.project-budget")]
public interface IProjectBudgetGrain : IGrainWithStringKey
{
    /// <summary>Asks for the right to send a request. A request that fails has cost what it has cost.</summary>
    /// <param name="events">Events, or changes of profiles: at most what the project may send in a second.</param>
    /// <param name="bytes">What they come to, uncompressed.</param>
    [Alias("Reserve")]
    Task<BudgetShare> ReserveAsync(int events, long bytes);

    /// <summary>Mixpanel has answered 429: nobody sends for a while. Answers to requests that were under way together count once.</summary>
    /// <param name="after">How long Mixpanel asked to wait; null: it did not say.</param>
    /// <returns>How long nobody sends.</returns>
    [Alias("Throttled")]
    Task<TimeSpan> ThrottledAsync(TimeSpan? after);

    /// <summary>Mixpanel takes requests again: the next 429 is the first.</summary>
    [Alias("Resumed")]
    Task ResumedAsync();
}

/// <summary>What a request for a share is answered.</summary>
[GenerateSerializer, Immutable, Alias("spid.budget-share")]
public readonly record struct BudgetShare
{
    /// <summary>True: the request may go out after <see cref="Wait"/>. False: nothing is reserved; ask again after it.</summary>
    [Id(0)] public required bool IsGranted { get; init; }

    /// <summary>More than zero where nothing is granted.</summary>
    [Id(1)] public TimeSpan Wait { get; init; }

    /// <summary>The project was throttled: should this request be taken, say so.</summary>
    [Id(2)] public bool IsRecovering { get; init; }
}
