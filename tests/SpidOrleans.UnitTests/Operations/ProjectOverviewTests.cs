using System.Collections.Immutable;
using SpidOrleans.Contracts.Operations;
using SpidOrleans.Web.Operators;
using Xunit;

namespace SpidOrleans.UnitTests.Operations;

/// <summary>«Why is project B behind?», answered in a sentence.</summary>
public sealed class ProjectOverviewTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 3, 0, 0, TimeSpan.Zero);
    private static readonly long NowMs = Now.ToUnixTimeMilliseconds();

    [Fact]
    public void WhenNothingWaits_ItIsUpToDate() => Assert.Equal((Concern.None, "Up to date."), Judge(new Scene()));

    [Fact]
    public void WhenAnOperatorHasPausedIt_ThatComesFirst()
    {
        var (concern, verdict) = Judge(new Scene { Halt = new ProjectHalt("b", NowMs), Shards = [Failing("x")], Backlog = [Behind(1, 10, minutes: 5)] });
        Assert.Equal(Concern.Trouble, concern);
        Assert.StartsWith("Paused by an operator since 2026-01-01 03:00", verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void WhenMixpanelDoesNotTakeIt_ItSaysWhatMixpanelSaid_AndWhenItIsTriedAgain()
    {
        var (concern, verdict) = Judge(new Scene { Shards = [Failing("Mixpanel refuses the project's credentials (401).")], Backlog = [Behind(1, 10, minutes: 5)] });
        Assert.Equal(Concern.Trouble, concern);
        Assert.Contains("Mixpanel refuses the project's credentials (401). Next try in 9 s.", verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void WhenItsRateIsSpent_ItSaysSo()
    {
        var held = Shard(1) with { IsHeldToRate = true };
        Assert.Contains("Held to its rate", Judge(new Scene { Shards = [held], Backlog = [Behind(1, 10, minutes: 5)] }).Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void WhenItCatchesUp_ItSaysForHowLong()
    {
        var (concern, verdict) = Judge(new Scene { Shards = [Shard(1)], Backlog = [Behind(1, 18_000, minutes: 5)], Accepted = 150, Delivered = 300 });
        Assert.Equal((Concern.Notice, "Catching up: at this rate what waits is delivered in about 2 min."), (concern, verdict));
    }

    [Fact]
    public void WhenItFallsBehind_ItSaysSo() =>
        Assert.Contains("longer and longer", Judge(new Scene { Shards = [Shard(1)], Backlog = [Behind(1, 1_200, minutes: 5)], Accepted = 300, Delivered = 150 }).Verdict, StringComparison.Ordinal);

    [Fact]
    public void WhenTheDatabaseIsAway_ItSaysSo() =>
        Assert.Contains("The database does not answer", Judge(new Scene { Backlog = null }).Verdict, StringComparison.Ordinal);

    [Fact]
    public void WhenNothingIsDelivered_AndASiloIsSilent_ItSaysSo() =>
        Assert.Contains("not every silo answers", Judge(new Scene { Backlog = [Behind(1, 10, minutes: 5)], HasSilentSilo = true }).Verdict, StringComparison.Ordinal);

    [Fact]
    public void AShortWait_IsNoTrouble() => Assert.Equal(Concern.None, Judge(new Scene { Shards = [Shard(1)], Backlog = [Behind(1, 10, minutes: 0)] }).Concern);

    [Fact]
    public void AProjectThatIsGone_WaitsForItsConfiguration()
    {
        var overview = ProjectOverview.Of(new Scene { Backlog = [Behind(1, 10, minutes: 5)] }.Report(), "b", isConfigured: false);
        Assert.Equal((Concern.Trouble, "Not configured: its events wait until Projects:b is back."), (overview.Concern, overview.Verdict));
    }

    [Fact]
    public void Histories_OfSilos_AreAddedSlotBySlot()
    {
        var one = new TrafficReport { Project = "b", LastSlot = 10, Accepted = [15, 30], Delivered = [0, 15], LagSeconds = [1, 5] };
        var two = new TrafficReport { Project = "b", LastSlot = 11, Accepted = [15, 60], Delivered = [15, 0], LagSeconds = [3, -1] };
        var history = TrafficHistory.Of(new Scene { Traffic = [[one], [two]] }.Report(), "b");
        // Slot 11 is not whole yet.
        Assert.Equal([1.0, 3.0], history.Accepted);
        Assert.Equal([0.0, 2.0], history.Delivered);
        Assert.Equal([1, 5], history.LagSeconds);
    }

    [Fact]
    public void AShardThatCarriesTooMuch_IsHot_AndNoneWhereAllDoTheSame()
    {
        ShardReport[] even = [Shard(0) with { DeliveredPerSecond = 100 }, Shard(1) with { DeliveredPerSecond = 100 }, Shard(2) with { DeliveredPerSecond = 100 }];
        ShardReport[] odd = [Shard(0) with { DeliveredPerSecond = 10 }, Shard(1) with { DeliveredPerSecond = 290 }, Shard(2)];
        Assert.All(even, shard => Assert.Null(Heat.Of(shard, null, even, [], 3)));
        Assert.Equal([null, "delivers more than twice its share", null], odd.Select(shard => Heat.Of(shard, null, odd, [], 3)));
        ShardWaiting[] behind = [Behind(0, 5_000, 1), Behind(1, 10, 1), Behind(2, 10, 1)];
        Assert.NotNull(Heat.Of(null, behind[0], [], behind, 3));
        Assert.Null(Heat.Of(null, behind[1], [], behind, 3));
    }

    [Fact]
    public void ASiloThatIsBusy_OrCarriesTooMuch_IsHot()
    {
        SiloReport Silo(double rate, double percent) => new() { Version = "1", StartedAt = Now, ProcessorPercent = percent, Shards = [Shard(0) with { DeliveredPerSecond = rate }] };
        var (idle, busy, loaded) = (Silo(10, 5), Silo(10, 95), Silo(500, 20));
        Assert.Null(Heat.Of(idle, [idle, busy, loaded]));
        Assert.NotNull(Heat.Of(busy, [idle, busy, loaded]));
        Assert.NotNull(Heat.Of(loaded, [idle, busy, loaded]));
        Assert.Null(Heat.Of(loaded, [loaded]));
    }

    private static (Concern Concern, string Verdict) Judge(Scene scene)
    {
        var overview = ProjectOverview.Of(scene.Report(), "b", isConfigured: true);
        return (overview.Concern, overview.Verdict);
    }

    private static ShardReport Shard(int number) => new() { Project = "b", Number = number };

    private static ShardReport Failing(string error) => Shard(1) with { Failures = 3, LastError = error, LastErrorAtMs = NowMs - 1_000, NextTryAtMs = NowMs + 9_000 };

    private static ShardWaiting Behind(int number, int pending, int minutes) => new("b", number, pending, TimeSpan.FromMinutes(minutes));

    private sealed record Scene
    {
        public ImmutableArray<ShardReport> Shards { get; init; } = [];

        public ImmutableArray<ShardWaiting>? Backlog { get; init; } = [];

        public ProjectHalt? Halt { get; init; }

        public int Accepted { get; init; }

        public int Delivered { get; init; }

        public bool HasSilentSilo { get; init; }

        public TrafficReport[][]? Traffic { get; init; }

        public ClusterReport Report()
        {
            var (accepted, delivered) = (Accepted * TrafficReport.SlotSeconds, Delivered * TrafficReport.SlotSeconds);
            TrafficReport[][] traffic = Traffic
                ?? [[new TrafficReport { Project = "b", LastSlot = 4, Accepted = [accepted, accepted, accepted, accepted], Delivered = [delivered, delivered, delivered, delivered], LagSeconds = [0, 0, 0, 0] }]];
            var silos = traffic.Select((one, i) => new SiloLine(
                $"10.0.0.{i}:11111", $"silo-{i}", "Active", i == 0, 1, new SiloReport { Version = "1", StartedAt = Now, Shards = i == 0 ? Shards : [], Traffic = [.. one] }));
            if (HasSilentSilo) silos = silos.Append(new SiloLine("10.0.0.9:11111", "silo-9", "Active", false, null, null));
            return new ClusterReport { At = Now, Silos = [.. silos], Backlog = Backlog, DeadLetters = ImmutableDictionary<string, long>.Empty, Halts = Halt is null ? [] : [Halt] };
        }
    }
}
