using SpidOrleans.Cluster.Emission;
using Xunit;

namespace SpidOrleans.UnitTests.Emission;

public sealed class ProjectPauseTests
{
    private readonly ProjectPause _pause = new();

    [Fact]
    public void ShardsThrottledTogether_AreOneStep()
    {
        var first = _pause.Throttled(null, At(0), random: 0);

        Assert.Equal(TimeSpan.FromSeconds(0.5), first);
        Assert.Equal(TimeSpan.FromSeconds(0.4), _pause.Throttled(null, At(0.1), random: 0.9));
        Assert.Equal(TimeSpan.FromSeconds(0.3), _pause.Left(At(0.2)));
        Assert.Null(_pause.Left(At(0.5)));
        // Again afterwards: the next step.
        Assert.Equal(TimeSpan.FromSeconds(1), _pause.Throttled(null, At(0.5), random: 0));
    }

    [Fact]
    public void WhatMixpanelAsksFor_IsGiven_AndNothingShortensIt()
    {
        Assert.Equal(TimeSpan.FromSeconds(30), _pause.Throttled(TimeSpan.FromSeconds(30), At(0), random: 0));
        Assert.Equal(TimeSpan.FromSeconds(20), _pause.Throttled(TimeSpan.FromSeconds(5), At(10), random: 0));
        Assert.Equal(TimeSpan.FromSeconds(60), _pause.Throttled(TimeSpan.FromSeconds(60), At(10), random: 0));
        Assert.Equal(TimeSpan.FromSeconds(1), _pause.Left(At(69)));
    }

    [Fact]
    public void AfterEventsWereTaken_ThePausesBeginAnew()
    {
        for (var second = 0; second < 500; second += 100) _pause.Throttled(null, At(second), random: 0);
        Assert.True(_pause.IsRecovering);

        _pause.Resumed();

        Assert.False(_pause.IsRecovering);
        Assert.Equal(TimeSpan.FromSeconds(0.5), _pause.Throttled(null, At(1_000), random: 0));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
