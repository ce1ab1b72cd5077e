using System.Collections.Immutable;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Contracts.Operations;

/// <summary>
/// What somebody on call asks the cluster and has it do. Every answer comes within <see cref="OperationsLimits.AnswerWithin"/> from
/// whichever silos answer; those that do not are named.
/// </summary>
public interface IOperations
{
    /// <summary>All silos, shards and projects as they are now, and what they did in the last half an hour.</summary>
    Task<ClusterReport> ReportAsync();

    /// <summary>What the silos remember of an event or a person.</summary>
    Task<JournalReport> FindAsync(JournalQuery query);

    /// <summary>Events that passed since the viewer's last call, oldest first; the first call opens the view. Whoever does not
    /// call for <see cref="OperationsLimits.ViewKept"/> has gone.</summary>
    /// <param name="viewer">Random; one view.</param>
    /// <param name="filter">May change from call to call.</param>
    Task<LivePage> LookAsync(Guid viewer, LiveFilter filter);

    /// <summary>What is stored of a visitor; null: the cluster does not answer.</summary>
    Task<VisitorStory?> TellAsync(VisitorId visitor);

    /// <summary>What is stored of a user; null: the cluster does not answer.</summary>
    Task<UserStory?> TellAsync(UserId user);

    /// <summary>What waits in the lanes of these identities, in every project, oldest first.</summary>
    /// <param name="identities">Grain keys: <c>v:…</c>, <c>u:…</c> or <c>p:…</c>.</param>
    Task<PendingReport> ReadPendingAsync(ImmutableArray<string> identities);

    /// <summary>Looks for an insert id among the oldest that wait.</summary>
    Task<PendingReport> FindPendingAsync(string insertId);

    /// <summary>The projects that are paused; null: the database does not answer.</summary>
    Task<ImmutableArray<ProjectHalt>?> ReadHaltsAsync();

    /// <summary>Stops or resumes a project's delivery, durably; every silo obeys within <see cref="OperationsLimits.HaltObeyedWithin"/>.
    /// Events are accepted all the same, and wait. A repeat changes nothing.</summary>
    /// <returns>False: the database did not confirm; ask again.</returns>
    Task<bool> SetHaltedAsync(string project, bool isHalted);
}

/// <summary>Bounds of what somebody on call sees.</summary>
public static class OperationsLimits
{
    /// <summary>A silo or a database that takes longer counts as away.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(3);

    /// <summary>A view that nobody has asked for since is closed.</summary>
    public static readonly TimeSpan ViewKept = TimeSpan.FromSeconds(10);

    /// <summary>A halt of a project and its end are known everywhere by then; a request under way still ends.</summary>
    public static readonly TimeSpan HaltObeyedWithin = TimeSpan.FromSeconds(5);

    /// <summary>Pending events that are shown.</summary>
    public const int PendingShown = 100;

    /// <summary>Rows that a search for an insert id looks at, of each shard.</summary>
    public const int PendingLookedAt = 2_000;

    /// <summary>Notes of the journal that are shown.</summary>
    public const int NotesShown = 200;

    /// <summary>Events of one look of a live view.</summary>
    public const int LiveEventsMax = 100;
}
