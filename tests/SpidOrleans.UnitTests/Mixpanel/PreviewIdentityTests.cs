using SpidOrleans.Mixpanel.Preview;
using Xunit;

namespace SpidOrleans.UnitTests.Mixpanel;

public sealed class PreviewIdentityTests
{
    private readonly ImportJson _json = new();

    private string[] Persons => [.. _json.Preview.Latest(100).Select(item => item.Person)];

    [Fact]
    public void Device_WithoutUser_IsAnAnonymousPerson()
    {
        _json.Import(_json.Event(device: "d1"), _json.Event(device: "d2"), _json.Event(device: null, user: "u1"));

        Assert.Equal(["$device:d1", "$device:d2", "u1"], Persons);
    }

    [Fact]
    public void FirstEventWithBoth_LinksTheDevicesOlderAndLaterEvents()
    {
        _json.Import(_json.Event(device: "d1"), _json.Event(device: "d2"));
        _json.Import(_json.Event("Login", device: "d1", user: "u1"));
        _json.Import(_json.Event(device: "d1"));

        Assert.Equal(["u1", "$device:d2", "u1", "u1"], Persons);
        Assert.All(_json.Preview.Latest(100), item => Assert.Null(item.IdentityFailure));
    }

    [Fact]
    public void ManyDevices_MayBelongToOneUser()
    {
        _json.Import(_json.Event(device: "d1"), _json.Event(device: "d2"));
        _json.Import(_json.Event(device: "d1", user: "u1"), _json.Event(device: "d2", user: "u1"));

        Assert.Equal(["u1", "u1", "u1", "u1"], Persons);
    }

    [Fact]
    public void SecondUserOfADevice_KeepsHisEventsWhileTheDeviceStaysWithTheFirst()
    {
        _json.Import(_json.Event("Login", device: "d1", user: "u1"));
        _json.Import(_json.Event("Login", device: "d1", user: "u2"));
        _json.Import(_json.Event(device: "d1"));
        _json.Import(_json.Event(device: "d1", user: "u1"));

        Assert.Equal(["u1", "u2", "u1", "u1"], Persons);
        Assert.Equal(
            [null, "errAnonDistinctIdAssignedAlready", null, null],
            _json.Preview.Latest(100).Select(item => item.IdentityFailure));
    }

    [Fact]
    public void RefusedEvent_LinksNothing()
    {
        var bad = _json.Event(" ", device: "d1", user: "u1");
        _json.Import(bad, _json.Event(device: "d1"));

        Assert.Equal(["$device:d1"], Persons);
    }

    [Theory]
    [InlineData("$device:d1", "$device:d1", "d1", null)]
    [InlineData("u7", "u7", null, "u7")]
    [InlineData("$device:", "$device:", null, "$device:")]
    [InlineData("", "", null, "")]
    public void DistinctIdAlone_CountsAsDeviceOrUser(string sent, string person, string? device, string? user)
    {
        var item = _json.Event(device: null);
        item["properties"]!["distinct_id"] = sent;
        Assert.Null(_json.RefusedField(item));

        var shown = Assert.Single(_json.Preview.Latest(5));
        Assert.Equal((person, device, user), (shown.Person, shown.DeviceId, shown.UserId));
    }

    [Fact]
    public void DistinctIdBesideTheOthers_IsOverridden()
    {
        var item = _json.Event(device: "d1");
        item["properties"]!["distinct_id"] = "somebody else";
        _json.Import(item);

        Assert.Equal(["$device:d1"], Persons);
    }

    [Fact]
    public void Links_BeyondTheBound_ForgetTheDeviceUnheardOfForLongest()
    {
        _json.Import(_json.Event(device: "first", user: "u"), _json.Event(device: "second", user: "u"));
        for (var sent = 2; sent < PreviewProject.LinksMax; sent += 1_666)
        {
            var count = Math.Min(1_666, PreviewProject.LinksMax - sent);
            _json.Import([.. Enumerable.Range(sent, count).Select(n => _json.Event(device: $"d{n}", user: "u"))]);
        }

        _json.Import(_json.Event(device: "first"));
        _json.Import(_json.Event(device: "one more", user: "u"));
        _json.Import(_json.Event(device: "first"), _json.Event(device: "second"), _json.Event(device: "d2"));

        Assert.Equal(["u", "$device:second", "u"], _json.Preview.Latest(3).Select(item => item.Person));
    }
}
