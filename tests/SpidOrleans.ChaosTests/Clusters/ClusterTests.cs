using Xunit;

namespace SpidOrleans.ChaosTests.Clusters;

/// <summary>Three silos under load, and what may happen to them. The explicit scripts belong to the long selection.</summary>
[Collection(nameof(Scene))]
public sealed class ClusterTests(Scene scene)
{
    /// <summary>A silo that died or came: so soon every identity is served and delivered again.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(15);

    /// <summary>Nobody waits longer for an answer, whatever has failed.</summary>
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(5);

    /// <summary>After an outage nothing is promised but that it needs no help.</summary>
    private static readonly TimeSpan ByItself = TimeSpan.FromSeconds(45);

    [ClusterFact]
    public async Task ASiloKilledUnderLoad_EverybodyIsDeliveredAgainSoon_AndNothingIsLost()
    {
        await using var load = await scene.BeginAsync(Seed.Take());
        await load.MoreAcknowledgedAsync(500);

        await scene.Silos[1].KillAsync();

        await load.EverybodyIsDeliveredWithinAsync(Recovery);
        await load.EndsWellAsync();
    }

    [ClusterFact]
    public async Task ASiloKilledWhileBrowsersAskAndSignIn_NoBrowserLosesItsVisitor_AndEachIsLinkedOnce()
    {
        await using var load = await scene.BeginAsync(Seed.Take());
        using var browsers = new Browsers(load, 24);
        var signingIn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asking = browsers.AskAndSignInAsync(20, signingIn);
        // Whichever ends first: a browser that met what must not happen ends the script at once.
        await await Task.WhenAny(signingIn.Task, asking);

        await scene.Silos[1].KillAsync();

        await asking;
        await load.EndsWellAsync();
        var arrivals = scene.Mixpanel.Arrivals.Snapshot();
        foreach (var (visitor, user) in browsers.Links)
        {
            var logins = arrivals.Where(arrival => arrival.DeviceId == visitor && arrival.Event == "Login").DistinctBy(arrival => (arrival.Time, arrival.InsertId));
            Assert.Equal(user, Assert.Single(logins).UserId);
        }
    }

    [ClusterFact]
    public async Task ASiloAdded_TakesItsShareOfRequestsAndDeliveries_AndStopsWithoutOneFailedRequest()
    {
        await using var load = await scene.BeginAsync(Seed.Take());
        await load.MoreAcknowledgedAsync(300);

        var added = await scene.Silos.AddAsync();
        load.Balancer.Add(added.Address);

        await load.GoesOnForAsync(Recovery / 3);
        await load.EverybodyIsDeliveredWithinAsync(Recovery * 2 / 3);
        Assert.NotEqual(0, load.Balancer.ServedBy(added.Address));
        Assert.True(added.IsConnectedTo(scene.Mixpanel.Endpoint.Port), "The added silo delivers nothing.");

        Assert.Equal(0, await added.StopAsync());
        await load.EverybodyIsDeliveredWithinAsync(Recovery);
        await load.EndsWellAsync();
        Assert.Empty(load.Balancer.Failures);
        await scene.Silos.RemoveAsync(added);
    }

    [ClusterFact]
    public async Task EverySiloRestartedInTurnUnderLoad_FailsNotOneRequest()
    {
        await using var load = await scene.BeginAsync(Seed.Take());
        foreach (var silo in scene.Silos.Silos)
        {
            await load.MoreAcknowledgedAsync(300);
            Assert.Equal(0, await silo.StopAsync());
            await silo.StartAsync();
        }

        await load.EverybodyIsDeliveredWithinAsync(Recovery);
        await load.EndsWellAsync();
        Assert.Empty(load.Balancer.Failures);
    }

    [ClusterFact]
    public async Task PostgreSqlStopped_EveryAnswerComesInTime_AndAllResumesByItself()
    {
        await using var load = await scene.BeginAsync(Seed.Take());
        await load.MoreAcknowledgedAsync(200);

        await scene.Postgres.StopAsync();
        await load.GoesOnForAsync(Outage);
        await scene.Postgres.StartAgainAsync();

        await load.EverybodyIsDeliveredWithinAsync(ByItself);
        await load.EndsWellAsync();
        Assert.Contains(load.Balancer.Failures, failure => failure.Contains(": 503", StringComparison.Ordinal));
        Assert.InRange(load.Balancer.Slowest, TimeSpan.Zero, AnswerMax);
    }

    [ClusterFact]
    public async Task PostgreSqlFrozen_EveryAnswerComesInTime_AndAllResumesByItself()
    {
        await using var load = await scene.BeginAsync(Seed.Take());
        await load.MoreAcknowledgedAsync(200);

        await scene.Postgres.FreezeAsync();
        await load.GoesOnForAsync(Outage);
        await scene.Postgres.ThawAsync();

        await load.EverybodyIsDeliveredWithinAsync(ByItself);
        await load.EndsWellAsync();
        Assert.InRange(load.Balancer.Slowest, TimeSpan.Zero, AnswerMax);
    }

    [ClusterFact(Explicit = true)]
    public async Task PostgreSqlOutOfConnections_EveryAnswerComesInTime_AndAllResumesByItself()
    {
        await using var load = await scene.BeginAsync(Seed.Take());
        await load.MoreAcknowledgedAsync(200);

        await using (await ConnectionHog.TakeAllAsync(scene.Postgres.ConnectionString)) await load.GoesOnForAsync(Outage);

        await load.EverybodyIsDeliveredWithinAsync(ByItself);
        await load.EndsWellAsync();
        Assert.Contains(load.Balancer.Failures, failure => failure.Contains(": 503", StringComparison.Ordinal));
        Assert.InRange(load.Balancer.Slowest, TimeSpan.Zero, AnswerMax);
    }

    [ClusterFact(Explicit = true)]
    public async Task MixpanelAway_NobodyNotices_AndEverythingArrivesInOrderAfterwards()
    {
        await using var load = await scene.BeginAsync(Seed.Take());

        await scene.Mixpanel.GoAwayAsync();
        await load.GoesOnForAsync(Outage * 2);
        await scene.Mixpanel.ComeBackAsync();

        await load.EverybodyIsDeliveredWithinAsync(ByItself);
        await load.EndsWellAsync();
        Assert.Empty(load.Balancer.Failures);
    }
}
