using SpidOrleans.TestKit.Hosting;
using Xunit;

namespace SpidOrleans.ChaosTests.Clusters;

/// <summary>From the former build to this one and back, under load.</summary>
public sealed class UpgradeTests
{
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(30);

    [ClusterFact]
    public async Task SilosOfTheFormerBuild_UpgradedInTurnUnderLoad_AndTakenBack_FailNotOneRequest()
    {
        var former = await FormerBuild.MakeAsync(TestContext.Current.CancellationToken);
        await using var scene = new Scene(former);
        await using (var load = await scene.BeginAsync(Seed.Take()))
        {
            var schema = await scene.SchemaVersionAsync();
            await RollAsync(load, scene.Silos.Silos, build: null);
            Load.Say($"schema {schema} became {await scene.SchemaVersionAsync()}");
            await load.EverybodyIsDeliveredWithinAsync(Recovery);

            await RollAsync(load, scene.Silos.Silos, former);
            await load.EverybodyIsDeliveredWithinAsync(Recovery);
            await load.EndsWellAsync();
            Assert.Empty(load.Balancer.Failures);
        }
    }

    private static async Task RollAsync(Load load, IEnumerable<SiloProcess> silos, string? build)
    {
        foreach (var silo in silos)
        {
            await load.MoreAcknowledgedAsync(300);
            Assert.Equal(0, await silo.StopAsync());
            silo.Build = build;
            await silo.StartAsync();
        }

        await load.MoreAcknowledgedAsync(300);
    }
}
