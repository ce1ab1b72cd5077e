using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.UnitTests.Contracts;

public sealed class IdTests
{
    [Theory]
    [InlineData("7b0b6f0e-5d0c-4c57-9d55-0d5a5c1c9f10", true)]
    [InlineData("7B0B6F0E-5D0C-4C57-9D55-0D5A5C1C9F10", true)]
    [InlineData("7b0b6f0e-5d0c-1c57-9d55-0d5a5c1c9f10", false)]
    [InlineData("7b0b6f0e-5d0c-4c57-cd55-0d5a5c1c9f10", false)]
    [InlineData("7b0b6f0e5d0c4c579d550d5a5c1c9f10", false)]
    [InlineData("{7b0b6f0e-5d0c-4c57-9d55-0d5a5c1c9f10}", false)]
    [InlineData("00000000-0000-0000-0000-000000000000", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void AVisitorId_IsAUuidVersion4(string? text, bool isValid)
    {
        Assert.Equal(isValid, VisitorId.TryParse(text, out var id));
        if (isValid) Assert.Equal(text!.ToLowerInvariant(), id.ToString());
    }

    [Fact]
    public void MintedVisitorIds_AreValidAndDifferent()
    {
        var ids = Enumerable.Range(0, 1_000).Select(_ => VisitorId.New().ToString()).ToHashSet();
        Assert.Equal(1_000, ids.Count);
        Assert.All(ids, id => Assert.True(VisitorId.TryParse(id, out _)));
    }

    [Theory]
    [InlineData("1844813", true)]
    [InlineData("a/b c%2F:å😀", true)]
    [InlineData("0", false)]
    [InlineData("NULL", false)]
    [InlineData("Undefined", false)]
    [InlineData("$device:x", false)]
    [InlineData("$DEVICE:x", false)]
    [InlineData(" a", false)]
    [InlineData("a\n", false)]
    [InlineData("a\0b", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void AUserId_IsWhatMixpanelTakesForOne(string? text, bool isValid) =>
        Assert.Equal(isValid, UserId.TryParse(text, out _));

    [Fact]
    public void AUserId_IsWholeText()
    {
        // Not as inline data: an attribute cannot hold half a character.
        Assert.False(UserId.TryParse("a\ud800", out _));
        Assert.False(UserId.TryParse("\udc00a", out _));
    }

    [Fact]
    public void AUserId_HasAtMost128Characters()
    {
        Assert.True(UserId.TryParse(new string('a', 128), out _));
        Assert.False(UserId.TryParse(new string('a', 129), out _));
    }

    [Fact]
    public void Shards_AreStableAndEven()
    {
        // Fixed for ever: pending rows stay where the hash put them.
        Assert.Equal(new Shard("p", 0), Shard.Of("p", "u:1844813", 8));
        Assert.Equal(new Shard("p", 5), Shard.Of("p", "v:7b0b6f0e-5d0c-4c57-9d55-0d5a5c1c9f10", 8));
        Assert.Equal(new Shard("p", 2), Shard.Of("p", "u:1844813", 5));
        var counts = new int[8];
        for (var i = 0; i < 8_000; i++) counts[Shard.Of("p", VisitorId.New().Key, 8).Number]++;
        Assert.All(counts, count => Assert.InRange(count, 800, 1_200));
        Assert.Equal(new Shard("a-b", 12), Shard.Parse("a-b/12"));
    }
}
