using System.Net;
using SpidOrleans.Web.Admission;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public sealed class CallerAddressTests
{
    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff")]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9")]
    [InlineData("203.0.113.9", "203.0.113.9")]
    public void OneHousehold_HasOneSlot(string one, string other) => Assert.Equal(Slot(one), Slot(other));

    [Fact]
    public void Addresses_AreSpreadOverTheSlotsThereAre()
    {
        var v4 = Enumerable.Range(0, 4_096).Select(n => Slot($"10.0.{n >> 8}.{n & 255}")).ToList();
        var v6 = Enumerable.Range(0, 4_096).Select(n => Slot($"2001:db8:0:{n:x}::1")).ToList();

        // By chance some 3,624 of 16,384 slots; half of it would be 20 standard deviations off.
        foreach (var slots in new[] { v4, v6 })
        {
            Assert.All(slots, slot => Assert.InRange(slot, 0, CallerAddress.SlotsMax - 1));
            Assert.InRange(slots.Distinct().Count(), 3_300, 4_096);
        }
    }

    private static int Slot(string address) => CallerAddress.SlotOf(IPAddress.Parse(address));
}
