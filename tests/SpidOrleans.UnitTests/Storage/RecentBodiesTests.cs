using Microsoft.Extensions.Time.Testing;
using SpidOrleans.Storage.PostgreSql;
using Xunit;

namespace SpidOrleans.UnitTests.Storage;

public sealed class RecentBodiesTests
{
    private const string Shard = "web/1";

    private readonly FakeTimeProvider _clock = new();
    private readonly RecentBodies _bodies;

    public RecentBodiesTests()
    {
        _bodies = new RecentBodies(_clock);
        _bodies.Of(Shard);
    }

    [Fact]
    public void OfAShardThatIsReadElsewhere_NothingIsKept()
    {
        _bodies.Add("web/2", 1, [1]);
        _clock.Advance(TimeSpan.FromSeconds(6));
        _bodies.Add(Shard, 2, [2]);

        Assert.Empty(_bodies.Of("web/2"));
        Assert.Empty(_bodies.Of(Shard));
    }

    [Fact]
    public void BeyondTheBytes_TheOldestGo()
    {
        for (var position = 1; position <= 40; position++) _bodies.Add(Shard, position, new byte[1 << 20]);

        Assert.Equal(Enumerable.Range(25, 16).Select(position => (long)position), _bodies.Of(Shard).Keys.Order());
    }

    [Fact]
    public void Removed_MakesRoom()
    {
        for (var position = 1; position <= 40; position++)
        {
            _bodies.Add(Shard, position, new byte[1 << 20]);
            if (position % 2 == 0) _bodies.Remove(Shard, [position * 64L, position * 64L + 1, position * 64L + 63]);
        }

        Assert.Equal(Enumerable.Range(0, 15).Select(n => 11L + 2 * n), _bodies.Of(Shard).Keys.Order());
    }

    [Theory]
    [InlineData(new long[] { 1, 3 }, new long[] { 1, 3, 4, 5, 6 })] // not read as far as 4
    [InlineData(new long[] { 1, 2, 3, 4, 5 }, new long[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData(new long[] { 5 }, new long[] { 5, 6 })]
    [InlineData(new long[0], new long[] { 6 })]
    public void WhatIsNotThereAnyMore_IsForgotten_ButNotWhatHasComeMeanwhile(long[] read, long[] left)
    {
        for (var position = 1; position <= 5; position++) _bodies.Add(Shard, position, [1]);
        var known = _bodies.Of(Shard).Keys.ToList();
        _bodies.Add(Shard, 6, [1]);

        _bodies.Keep(Shard, known, read);

        Assert.Equal(left, _bodies.Of(Shard).Keys.Order());
    }

    [Fact]
    public void AfterALostConnection_NothingIsKnown()
    {
        _bodies.Add(Shard, 1, [1]);
        _bodies.Clear();
        Assert.Empty(_bodies.Of(Shard));
    }
}
