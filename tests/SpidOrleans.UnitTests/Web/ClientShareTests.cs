using Microsoft.Extensions.Time.Testing;
using SpidOrleans.Web.Admission;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public sealed class ClientShareTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task WhoFindsNoRoom_IsAdmittedInTurnWhenThereIs()
    {
        var share = new ClientShare(2, _clock);
        Assert.True(share.TryEnter(1) && share.TryEnter(1));
        Assert.False(share.TryEnter(1));
        var first = share.WaitAsync(1, default);
        var second = share.WaitAsync(1, default);
        // Nobody passes those in line.
        share.Leave(1);
        Assert.True(await first.WaitAsync(Moment));
        Assert.False(share.TryEnter(1));
        Assert.False(second.IsCompleted);

        share.Leave(1);

        Assert.True(await second.WaitAsync(Moment));
        share.Leave(1);
        share.Leave(1);
        Assert.Equal((0, 0), (share.Weight, share.Waiting));
    }

    [Fact]
    public async Task TheLine_IsTwiceTheRoom_AndNobodyStandsInItForLong()
    {
        var share = new ClientShare(2, _clock);
        Assert.True(share.TryEnter(2));
        var line = Enumerable.Range(0, 4).Select(_ => share.WaitAsync(1, default)).ToList();
        Assert.False(await share.WaitAsync(1, default).WaitAsync(Moment));
        Assert.Equal(4, share.Waiting);

        _clock.Advance(ClientShare.Patience);

        Assert.All(await Task.WhenAll(line).WaitAsync(Moment), isAdmitted => Assert.False(isAdmitted));
        Assert.Equal((2, 0), (share.Weight, share.Waiting));
    }

    [Fact]
    public async Task WhoLeavesTheLine_LetsThoseBehindThroughIfTheyFit()
    {
        var share = new ClientShare(4, _clock);
        Assert.True(share.TryEnter(2));
        using var gone = new CancellationTokenSource();
        var heavy = share.WaitAsync(4, gone.Token);
        var light = share.WaitAsync(1, default);
        Assert.False(light.IsCompleted);

        await gone.CancelAsync();

        Assert.False(await heavy.WaitAsync(Moment));
        Assert.True(await light.WaitAsync(Moment));
        Assert.Equal((3, 0), (share.Weight, share.Waiting));
    }

    [Theory]
    [InlineData(0L, 1)]
    [InlineData(8_191L, 1)]
    [InlineData(8_192L, 2)]
    [InlineData(400_000L, 49)]
    [InlineData(10L << 20, 64)]
    [InlineData(long.MaxValue, 64)]
    [InlineData(null, 8)]
    public void ABody_WeighsByItsLength_AndTheLargestFitsAlone(long? bytes, int weight) => Assert.Equal(weight, new ClientShare(64, _clock).Weigh(bytes));

    [Fact]
    public async Task NoRoomIsLost_AndNoneGivenTwice_WhateverHappensAtOnce()
    {
        const int room = 5;
        var share = new ClientShare(room, TimeProvider.System);
        var inside = 0;
        var most = 0;
        var admitted = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 2_000; i++)
            {
                var weight = random.Next(1, room + 1);
                using var gone = new CancellationTokenSource();
                if (random.Next(4) == 0) gone.CancelAfter(random.Next(3));
                if (!share.TryEnter(weight) && !await share.WaitAsync(weight, gone.Token)) continue;
                var now = Interlocked.Add(ref inside, weight);
                for (var seen = Volatile.Read(ref most); now > seen; seen = Volatile.Read(ref most)) Interlocked.CompareExchange(ref most, now, seen);
                if (random.Next(2) == 0) await Task.Yield();
                Interlocked.Increment(ref admitted);
                Interlocked.Add(ref inside, -weight);
                share.Leave(weight);
            }
        }))).WaitAsync(TimeSpan.FromMinutes(2));

        Assert.InRange(most, 1, room);
        Assert.InRange(admitted, 16, 32_000);
        Assert.Equal((0, 0), (share.Weight, share.Waiting));
    }
}
