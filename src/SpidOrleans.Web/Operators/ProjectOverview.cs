using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Web.Operators;

/// <summary>How much somebody should care.</summary>
public enum Concern
{
    None = 0,
    Notice = 1,
    Trouble = 2,
}

/// <summary>A project at a glance, and in a sentence why it is as it is. Pure.</summary>
public sealed record ProjectOverview
{
    /// <summary>An oldest event of this age is not on its way any more, it waits.</summary>
    private static readonly TimeSpan LateAfter = TimeSpan.FromMinutes(1);

    /// <summary>Slots of the last minute.</summary>
    private const int RateSlots = 60 / TrafficReport.SlotSeconds;

    public required string Name { get; init; }

    public bool IsConfigured { get; init; }

    public double AcceptedPerSecond { get; init; }

    public double DeliveredPerSecond { get; init; }

    /// <summary>Null: the database does not answer.</summary>
    public long? Pending { get; init; }

    /// <summary>Of the oldest pending event; null: none waits, or the database does not answer.</summary>
    public TimeSpan? Lag { get; init; }

    /// <summary>Null: the database does not answer.</summary>
    public long? DeadLetters { get; init; }

    public ProjectHalt? Halt { get; init; }

    /// <summary>The latest of all its shards.</summary>
    public ShardReport? LastFailure { get; init; }

    public int FailingShards { get; init; }

    public int HeldShards { get; init; }

    public Concern Concern { get; init; }

    /// <summary>Why it is as it is, and what to do.</summary>
    public string Verdict { get; init; } = "";

    public TrafficHistory History { get; init; } = TrafficHistory.Empty;

    public static ProjectOverview Of(ClusterReport report, string project, bool isConfigured)
    {
        var shards = report.Silos.SelectMany(silo => silo.Report?.Shards ?? []).Where(shard => shard.Project == project).ToList();
        var backlog = report.Backlog?.Where(shard => shard.Project == project).ToList();
        var history = TrafficHistory.Of(report, project);
        var failing = shards.Where(shard => shard.Failures > 0).ToList();
        var overview = new ProjectOverview
        {
            Name = project,
            IsConfigured = isConfigured,
            History = history,
            AcceptedPerSecond = history.Accepted.TakeLast(RateSlots).DefaultIfEmpty().Average(),
            DeliveredPerSecond = history.Delivered.TakeLast(RateSlots).DefaultIfEmpty().Average(),
            Pending = backlog?.Sum(shard => shard.Pending),
            Lag = backlog is { Count: > 0 } ? backlog.Max(shard => shard.Oldest) : null,
            DeadLetters = report.DeadLetters is { } letters ? letters.GetValueOrDefault(project) : null,
            Halt = report.Halts?.FirstOrDefault(halt => halt.Project == project),
            LastFailure = shards.Where(shard => shard.LastErrorAtMs is not null).MaxBy(shard => shard.LastErrorAtMs),
            FailingShards = failing.Count,
            HeldShards = shards.Count(shard => shard.IsHeldToRate),
        };
        var (concern, verdict) = overview.Judge(report);
        return overview with { Concern = concern, Verdict = verdict };
    }

    private (Concern, string) Judge(ClusterReport report)
    {
        if (Halt is { } halt) return (Concern.Trouble, $"Paused by an operator since {Figures.Time(halt.SinceMs)}: events are accepted and wait. Resume it when the reason is gone.");
        if (report.Backlog is null) return (Concern.Trouble, "The database does not answer: nothing is accepted or delivered until it does.");
        if (!IsConfigured) return (Pending > 0 ? Concern.Trouble : Concern.None, $"Not configured: its events wait until Projects:{Name} is back.");
        var behind = Lag > LateAfter;
        if (FailingShards > 0)
        {
            var next = LastFailure?.NextTryAtMs is { } at ? $" Next try in {Figures.Duration(TimeSpan.FromMilliseconds(Math.Max(0, at - report.At.ToUnixTimeMilliseconds())))}." : "";
            return (Concern.Trouble, $"{FailingShards} of its shards cannot deliver. {LastFailure?.LastError}{next} Nothing is lost: the events wait and are sent in order.");
        }

        if (HeldShards > 0 && behind) return (Concern.Notice, "Held to its rate: Projects:…:EventsPerSecond is spent, or Mixpanel has throttled the project. It delivers as fast as it may.");
        if (behind && DeliveredPerSecond > 0) return (Concern.Notice, CatchingUp());
        if (behind && report.Silos.Any(silo => silo.Report is null)) return (Concern.Trouble, "Events wait, and not every silo answers: its shards move to another one within seconds, or the silo below is stuck.");
        if (behind && Pending > 0) return (Concern.Trouble, "Events wait and none is delivered, though no shard says why. Look at the log of the silo that its shards run on.");
        if (DeadLetters > 0) return (Concern.Notice, $"Up to date, but Mixpanel has refused {(DeadLetters == 1 ? "an event" : Figures.Count(DeadLetters.Value) + " events")} for good: see its dead letters.");
        return (Concern.None, "Up to date.");
    }

    private string CatchingUp()
    {
        var gain = DeliveredPerSecond - AcceptedPerSecond;
        return gain > 0 && Pending is { } pending
            ? $"Catching up: at this rate what waits is delivered in about {Figures.Duration(TimeSpan.FromSeconds(Math.Max(1, pending / gain)))}."
            : "It delivers, but no faster than events come in: the oldest waits longer and longer.";
    }
}
