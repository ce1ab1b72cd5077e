using SpidOrleans.TestKit.Checking;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ChaosTests;

/// <summary>How a run ends: every promise was kept.</summary>
internal static class Promises
{
    private const int ShownMax = 20;

    public static void AssertKept(Ledger ledger, MixpanelStandIn mixpanel)
    {
        Assert.Empty(mixpanel.Complaints);
        Assert.Empty(mixpanel.Refused.Snapshot());
        var violations = Checker.Check(ledger.Snapshot(), mixpanel.Arrivals.Snapshot());
        Assert.True(
            violations.Count == 0,
            $"{violations.Count} violations, of which:{Environment.NewLine}{string.Join(Environment.NewLine, violations.Take(ShownMax))}");
    }
}
