using System.Net;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Admission;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public sealed class BodyBudgetTests
{
    [Fact]
    public void Strangers_ShareAHalf_OneAddressASixteenth_AndClientsFindRoomAllTheSame()
    {
        var budget = new BodyBudget(1_600);
        var slots = new HashSet<int>();
        var strangers = Enumerable.Range(0, 64).Select(n => IPAddress.Parse($"203.0.113.{n}")).Where(address => slots.Add(CallerAddress.SlotOf(address)))
            .Select(address => Open(address, isProven: false)).ToList();
        Assert.False(strangers[0].TryGrowTo(101));
        Assert.Equal(8, strangers.Count(stranger => stranger.TryGrowTo(100)));
        Assert.Equal(800, budget.Bytes);

        var client = Open(IPAddress.Parse("203.0.113.0"), isProven: true);
        Assert.True(client.TryGrowTo(800));
        Assert.False(client.TryGrowTo(801));

        foreach (var stranger in strangers) stranger.Dispose();
        client.Dispose();
        Assert.Equal(0, budget.Bytes);
        Assert.True(Open(IPAddress.Parse("203.0.113.0"), isProven: false).TryGrowTo(100));

        BodyBudget.Share Open(IPAddress address, bool isProven)
        {
            var context = new DefaultHttpContext();
            context.Connection.RemoteIpAddress = address;
            return budget.Open(context, isProven);
        }
    }
}
