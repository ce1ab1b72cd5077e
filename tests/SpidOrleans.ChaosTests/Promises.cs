using SpidOrleans.TestKit.Checking;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ChaosTests;

/// <summary>How a run ends: every promise was kept.</summary>
internal static class Promises
{
    private const int ShownMax = 20;

    /// <param name="poison">Markers of the events that Mixpanel refuses for good.</param>
    public static void AssertKept(Ledger ledger, MixpanelStandIn mixpanel, IReadOnlySet<string>? poison = null)
    {
        poison ??= new HashSet<string>();
        Assert.Empty(mixpanel.Complaints);
        Assert.Equal(poison.Order(), mixpanel.Refused.Snapshot().Select(arrival => arrival.Marker).Distinct().Order());
        var violations = Checker.Check(ledger.Snapshot(), mixpanel.Arrivals.Snapshot(), poison);
        Assert.True(
            violations.Count == 0,
            $"{violations.Count} violations, of which:{Environment.NewLine}{string.Join(Environment.NewLine, violations.Take(ShownMax))}");
    }
}
