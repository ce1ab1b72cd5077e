using System.Collections.Immutable;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Operations;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Operations;

/// <summary>Asks all silos side by side, each with a time-out of its own, and the database with another: nobody waits for who is gone.</summary>
internal sealed partial class ClusterOperations(
    IClusterMembershipService membership, ILocalSiloDetails local, OperationsServiceClient silos, IGrainFactory grains, IOutbox outbox, IOutboxInspection inspection, IBacklogReader backlog,
    IDeadLetterStore letters, ProjectHalts halts, ClusterSettings settings, TimeProvider clock) : IOperations
{
    public async Task<ClusterReport> ReportAsync()
    {
        var members = membership.CurrentSnapshot.Members.Values.Where(member => member.Status is not SiloStatus.Dead).OrderBy(member => member.SiloAddress.ToParsableString()).ToList();
        var lines = Task.WhenAll(members.Select(DescribeAsync));
        var behind = OrNullAsync(async cancellation => (ImmutableArray<ShardWaiting>?)
            [.. (await backlog.LookAsync(cancellation)).Select(one => new ShardWaiting(one.Shard.Project, one.Shard.Number, one.Pending, one.Oldest))]);
        var dead = OrNullAsync(async cancellation => (ImmutableDictionary<string, long>?)(await letters.CountLettersAsync(cancellation)).ToImmutableDictionary());
        var halted = ReadHaltsAsync();
        return new ClusterReport
        {
            Silos = [.. await lines],
            Backlog = await behind,
            DeadLetters = await dead,
            Halts = await halted,
            At = clock.GetUtcNow(),
        };
    }

    public async Task<JournalReport> FindAsync(JournalQuery query)
    {
        var answers = await AskAllAsync(silo => silos.On(silo).FindAsync(query));
        var pages = answers.Select(answer => answer.Answer).OfType<JournalPage>().ToList();
        var writing = pages.Where(page => page.SinceMs is not null).ToList();
        var notes = pages.SelectMany(page => page.Notes).OrderByDescending(note => note.AtMs).ThenByDescending(note => note.Step).ToList();
        return new JournalReport
        {
            Notes = [.. notes.Take(OperationsLimits.NotesShown)],
            IsCut = notes.Count > OperationsLimits.NotesShown || pages.Exists(page => page.IsCut),
            SinceMs = writing.Max(page => page.SinceMs),
            Skipped = pages.Sum(page => page.Skipped),
            Silent = [.. answers.Where(answer => answer.Answer is null).Select(answer => answer.Silo.Endpoint.ToString())],
        };
    }

    public async Task<LivePage> LookAsync(Guid viewer, LiveFilter filter)
    {
        var answers = await AskAllAsync(silo => silos.On(silo).LookAsync(viewer, filter));
        var pages = answers.Select(answer => answer.Answer).OfType<LivePage>().ToList();
        return new LivePage
        {
            Events = [.. pages.SelectMany(page => page.Events).OrderBy(live => live.AtMs)],
            Dropped = pages.Sum(page => page.Dropped),
            IsFull = pages.Exists(page => page.IsFull),
            Silent = answers.Count - pages.Count,
        };
    }

    public Task<VisitorStory?> TellAsync(VisitorId visitor) => OrNullAsync(async _ => (VisitorStory?)await grains.GetGrain<IVisitorTelling>(visitor.Key).TellAsync());

    public Task<UserStory?> TellAsync(UserId user) => OrNullAsync(async _ => (UserStory?)await grains.GetGrain<IUserTelling>(user.Key).TellAsync());

    public Task<ImmutableArray<ProjectHalt>?> ReadHaltsAsync() => OrNullAsync(async _ => (ImmutableArray<ProjectHalt>?)await halts.ReadAsync());

    public async Task<bool> SetHaltedAsync(string project, bool isHalted) => await OrNullAsync(async _ =>
    {
        await halts.SetAsync(project, isHalted);
        return (bool?)true;
    }) == true;

    /// <summary>Every silo's journal is to forget them. Those that cannot be reached forget within <see cref="JournalOptions.Age"/>.</summary>
    public void Forget(IReadOnlyList<string> identities)
    {
        ImmutableArray<string> all = [.. identities];
        foreach (var silo in Active()) silos.On(silo).EraseAsync(all).Ignore();
    }

    private async Task<SiloLine> DescribeAsync(ClusterMember member)
    {
        var silo = member.SiloAddress;
        var report = OrNullAsync(async _ => (SiloReport?)await silos.On(silo).ReportAsync());
        var statistics = OrNullAsync(async cancellation => (int?)(await grains.GetGrain<IManagementGrain>(0).GetRuntimeStatistics([silo], cancellation))[0].ActivationCount);
        return new SiloLine(silo.Endpoint.ToString(), member.Name, member.Status.ToString(), silo.Equals(local.SiloAddress), await statistics, await report);
    }

    private async Task<List<(SiloAddress Silo, T? Answer)>> AskAllAsync<T>(Func<SiloAddress, Task<T>> ask)
        where T : class =>
        [.. await Task.WhenAll(Active().Select(async silo => (silo, await OrNullAsync(async _ => (T?)await ask(silo)))))];

    private IEnumerable<SiloAddress> Active() =>
        membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active).Select(member => member.SiloAddress);

    /// <returns>Null: there was no answer in time.</returns>
    private async Task<T?> OrNullAsync<T>(Func<CancellationToken, Task<T?>> ask)
    {
        using var timeout = new CancellationTokenSource(OperationsLimits.AnswerWithin, clock);
        try
        {
            return await ask(timeout.Token).WaitAsync(OperationsLimits.AnswerWithin, clock);
        }
        catch (Exception)
        {
            // Whatever it was, the page says that there was no answer; who failed has logged why.
            return default;
        }
    }
}
