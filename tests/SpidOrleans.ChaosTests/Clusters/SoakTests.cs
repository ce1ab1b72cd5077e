using System.Globalization;
using Xunit;

namespace SpidOrleans.ChaosTests.Clusters;

/// <summary>Everything at once: some seconds of it, or as many minutes as <c>SPID_CHAOS_MINUTES</c> says.</summary>
[Collection(nameof(Scene))]
public sealed class SoakTests(Scene scene)
{
    private const string Variable = "SPID_CHAOS_MINUTES";

    /// <summary>Of a long run: after each part all that was acknowledged is checked and forgotten.</summary>
    private static readonly TimeSpan Part = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(90);

    [ClusterFact]
    public async Task SeveralTroublesAtOnce_LoseNothing_CountOnce_KeepTheOrder_AndLeaveNothingBehind()
    {
        var seed = Seed.Take();
        var random = new Random(seed);
        var minutes = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given ? double.Parse(given, CultureInfo.InvariantCulture) : 0;
        var startedAt = TimeProvider.System.GetTimestamp();
        var parts = new List<Measurement>();
        do
        {
            await using var load = await scene.BeginAsync(random.Next());
            await load.MoreAcknowledgedAsync(100);
            await new Troubles(scene, random, Load.Say).GoOnForAsync(minutes > 0 ? Part : Short);
            await load.EverybodyIsDeliveredWithinAsync(Calm);
            var latency = await load.MeasureLatencyAsync();
            await load.EndsWellAsync();
            parts.Add(new Measurement(scene.Silos.Silos.Max(silo => silo.MemoryBytes), await scene.OutboxBytesAsync(), latency));
            Load.Say($"part {parts.Count}: {parts[^1]}");
        }
        while (TimeProvider.System.GetElapsedTime(startedAt) < TimeSpan.FromMinutes(minutes));

        Measurement.AssertFlat(parts);
    }
}
