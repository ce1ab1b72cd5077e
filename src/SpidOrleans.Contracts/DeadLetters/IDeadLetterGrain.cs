namespace SpidOrleans.Contracts.DeadLetters;

/// <summary>The events that Mixpanel refused for good. Any key will do; different ones reach different silos.</summary>
[Alias("spid.dead-letters")]
public interface IDeadLetterGrain : IGrainWithIntegerKey
{
    /// <summary>Letters that match, in the order of their burial. A page may be empty and still have a next one: how many letters a
    /// call looks at is bounded.</summary>
    [Alias("List")]
    Task<DeadLetterPage> ListAsync(string project, DeadLetterQuery query);

    /// <summary>One letter; null: there is none of this id in the project, or no more.</summary>
    [Alias("Find")]
    Task<DeadLetter?> FindAsync(string project, long id);

    /// <summary>Puts the event at the end of its person's lane; when this returns, that is durable and the letter is gone, in one
    /// transaction. Insert id and time are as they were unless the repair names others.</summary>
    [Alias("Replay")]
    Task<DeadLetterOutcome> ReplayAsync(string project, long id, EventRepair? repair);

    /// <summary>Removes the letter.</summary>
    [Alias("Discard")]
    Task<DeadLetterOutcome> DiscardAsync(string project, long id);

    /// <summary>Replays letters that match, oldest first, all of this call in one transaction.</summary>
    [Alias("ReplayAll")]
    Task<DeadLetterChange> ReplayAllAsync(string project, DeadLetterQuery query);

    /// <summary>Removes letters that match.</summary>
    [Alias("DiscardAll")]
    Task<DeadLetterChange> DiscardAllAsync(string project, DeadLetterQuery query);
}

/// <summary>What became of one letter.</summary>
[GenerateSerializer, Alias("spid.dead-letter-outcome")]
public enum DeadLetterOutcome
{
    Done = 0,

    /// <summary>There is no such letter: it never was, or was replayed, discarded or erased.</summary>
    NotFound = 1,

    /// <summary>A change of a profile, which is replayed as it is or not at all.</summary>
    NotRepairable = 2,

    /// <summary>The database did not confirm: whether it is done is not known; ask again.</summary>
    Unavailable = 3,
}
