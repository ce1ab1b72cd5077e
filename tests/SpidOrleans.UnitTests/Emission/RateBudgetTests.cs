using SpidOrleans.Cluster.Emission;
using Xunit;

namespace SpidOrleans.UnitTests.Emission;

public sealed class RateBudgetTests
{
    private const double BytesPerMinute = 2_000_000_000;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void WhateverIsAskedFor_NoRollingMinuteHasMoreThanTheRate_AndHardlyLess(int seed)
    {
        const int rate = 30_000;
        var random = new Random(seed);
        var budget = new RateBudget(rate, BytesPerMinute, TimeSpan.Zero);
        var sent = new List<(TimeSpan At, int Events)>();

        // More shards than the rate has room for, some of them silent for a while.
        var now = TimeSpan.Zero;
        while (now < 4 * Minute)
        {
            var (events, bytes) = (random.Next(1, 2_001), random.Next(100, 200_000));
            var share = budget.Reserve(events, bytes, now);
            if (share.IsGranted) sent.Add((now + share.Wait, events));
            now += random.Next(200) == 0 ? TimeSpan.FromSeconds(random.Next(3)) : TimeSpan.FromMilliseconds(random.Next(50));
        }

        foreach (var (from, _) in sent)
            Assert.InRange(sent.Where(item => item.At >= from && item.At < from + Minute).Sum(item => (long)item.Events), 0, rate * 60L);
        Assert.InRange(sent.Where(item => item.At >= Minute && item.At < 2 * Minute).Sum(item => (long)item.Events), rate * 60L * 8 / 10, rate * 60L);
        Assert.Equal(sent.Select(item => item.At), sent.Select(item => item.At).Order());
    }

    [Fact]
    public void NoRollingMinute_HasMoreBytesThanMixpanelTakes()
    {
        const int bytes = 10_000_000;
        var budget = new RateBudget(30_000, BytesPerMinute, TimeSpan.Zero);
        var sent = new List<TimeSpan>();

        for (var now = TimeSpan.Zero; now < 3 * Minute; now += TimeSpan.FromMilliseconds(20))
        {
            if (budget.Reserve(10, bytes, now) is { IsGranted: true } share) sent.Add(now + share.Wait);
        }

        Assert.Equal(BytesPerMinute / bytes, sent.Max(from => sent.Count(at => at >= from && at < from + Minute)), tolerance: 8);
        Assert.All(sent, from => Assert.True(sent.Count(at => at >= from && at < from + Minute) * (double)bytes <= BytesPerMinute));
    }

    [Fact]
    public void ASilentProject_SendsAtOnce()
    {
        var budget = new RateBudget(30_000, BytesPerMinute, TimeSpan.Zero);

        Assert.Equal(TimeSpan.Zero, budget.Reserve(2_000, 1_000_000, TimeSpan.FromSeconds(2)).Wait);
    }

    [Fact]
    public void WhoeverComesWhenTurnsAreGivenFarAhead_IsToldToComeAgain_AndGetsOneThen()
    {
        var budget = new RateBudget(100, BytesPerMinute, TimeSpan.Zero);
        var now = TimeSpan.FromSeconds(10);
        while (budget.Reserve(100, 1, now).IsGranted)
        {
        }

        var refused = budget.Reserve(1, 1, now);
        Assert.False(refused.IsGranted);
        Assert.InRange(refused.Wait, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(2));
        Assert.True(budget.Reserve(1, 1, now + refused.Wait).IsGranted);
    }

    [Fact]
    public void ABatchOfMoreThanTheBurst_GoesOut_AndTheNextWaitsForAllOfIt()
    {
        var budget = new RateBudget(1, BytesPerMinute, TimeSpan.Zero);

        Assert.Equal(TimeSpan.Zero, budget.Reserve(2_000, 1, TimeSpan.FromSeconds(10)).Wait);

        var next = budget.Reserve(1, 1, TimeSpan.FromSeconds(10));
        Assert.False(next.IsGranted);
        Assert.InRange(next.Wait, TimeSpan.FromSeconds(1_990), TimeSpan.FromSeconds(2_080));
    }
}
