using System.Net;
using System.Text;
using SpidOrleans.Mixpanel.Delivery;
using SpidOrleans.Mixpanel.Preview;
using Xunit;

namespace SpidOrleans.UnitTests.Mixpanel;

public sealed class PreviewErasureTests
{
    private const string Device = "7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01";

    private readonly ImportJson _json = new();

    private IEnumerable<string> Left => _json.Preview.Latest(10).Select(shown => shown.Event);

    [Fact]
    public void AnErasedUser_IsForgottenWithItsDevices_ProfileAndLinks()
    {
        _json.Import(
            _json.Event("before", Device), _json.Event("login", Device, "ann"), _json.Event("elsewhere", null, "ann"), _json.Event("other", "d2", "bob"));
        _json.Preview.Engage("""[{"$token":"t","$distinct_id":"ann","$set":{"a":1}},{"$token":"t","$distinct_id":"bob","$set":{"a":1}}]"""u8);
        var version = _json.Preview.Version;

        _json.Preview.Erase(["ann", "$device:" + Device]);

        Assert.Equal(["other"], Left);
        Assert.Equal(["bob"], _json.Preview.LatestProfiles(10).Select(profile => profile.DistinctId));
        Assert.NotEqual(version, _json.Preview.Version);
        // The link is gone too, and what comes anew is kept anew.
        _json.Import(_json.Event("after", Device));
        Assert.Equal("$device:" + Device, _json.Preview.Latest(1)[0].Person);
    }

    [Fact]
    public void AnErasedDevice_TakesItsEventsAlone()
    {
        _json.Import(_json.Event("before", Device), _json.Event("login", Device, "ann"), _json.Event("elsewhere", null, "ann"));

        _json.Preview.Erase(["$device:" + Device]);

        Assert.Equal(["elsewhere"], Left);
    }

    [Fact]
    public async Task TheDeletionApi_IsAnsweredAsMixpanelAnswers()
    {
        _json.Import(_json.Event("gone", null, "ann"), _json.Event("stays", null, "bob"));
        var clients = new OneClient(new PreviewHandler(_json.Preview));
        var project = new MixpanelProject("preview", "preview") { Endpoint = new Uri(MixpanelProject.PreviewEndpoint) };
        var deletions = new MixpanelDeletions(clients, TimeProvider.System);

        var asked = Assert.IsType<DeletionOutcome.Asked>(await deletions.AskAsync(project, "preview", """["ann"]""", TestContext.Current.CancellationToken));
        Assert.Equal(["stays"], Left);
        Assert.IsType<DeletionOutcome.Done>(await deletions.FollowAsync(project, "preview", asked.Task, TestContext.Current.CancellationToken));

        using var wire = new HttpMessageInvoker(new PreviewHandler(_json.Preview));
        using var wrong = new HttpRequestMessage(HttpMethod.Post, MixpanelProject.PreviewEndpoint + "/api/app/data-deletions/v3.0/?token=t") { Content = new StringContent("{}", Encoding.UTF8) };
        Assert.Equal(HttpStatusCode.BadRequest, (await wire.SendAsync(wrong, TestContext.Current.CancellationToken)).StatusCode);
    }

    private sealed class OneClient(HttpMessageHandler handler) : IHttpClientFactory
    {
        public HttpClient CreateClient(string name) => new(handler, disposeHandler: false);
    }
}
