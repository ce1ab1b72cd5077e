using SpidOrleans.Mixpanel.Delivery;
using Xunit;

namespace SpidOrleans.UnitTests.Mixpanel;

public sealed class MixpanelProjectTests
{
    [Fact]
    public void Text_OfAProjectWithEverySecret_ShowsNameAndAddressOnly()
    {
        var project = new MixpanelProject("shop", "tok-1")
        {
            Endpoint = new Uri("https://proxy-user:proxy-pass@mixpanel.example/eu?key=value"),
            ServiceAccount = "account-1",
            ServiceAccountSecret = "secret-1",
            ProjectId = "42",
        };

        Assert.Equal("shop at https://mixpanel.example/eu", project.ToString());
        Assert.Equal("shop at https://mixpanel.example/eu", $"{project}");
    }

    [Fact]
    public void Project_WithoutSettings_IsDeliveredToTheUnitedStatesBySimplifiedMerge()
    {
        var project = new MixpanelProject("shop", "tok-1");

        Assert.Equal("https://api.mixpanel.com/", project.Endpoint.AbsoluteUri);
        Assert.Equal(IdMerge.Simplified, project.IdMerge);
    }
}
