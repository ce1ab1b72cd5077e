using System.Text;
using SpidOrleans.Mixpanel.Delivery;
using Xunit;

namespace SpidOrleans.UnitTests.Mixpanel;

/// <summary>The way to Mixpanel through a project's own proxy. The server answers as proxies are asked: by absolute addresses.</summary>
public sealed class ProxyDeliveryTests : IAsyncLifetime
{
    private readonly ClientUnderTest _sut = new();
    private AnsweringServer _proxy = null!;

    public async ValueTask InitializeAsync() => _proxy = await AnsweringServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _sut.Dispose();
        await _proxy.DisposeAsync();
    }

    [Fact]
    public async Task AProjectWithAProxy_IsDeliveredThroughIt_AndAnotherIsNot()
    {
        await using var direct = await AnsweringServer.StartAsync();
        var endpoint = new Uri("http://mixpanel.invalid");

        Assert.IsType<SendOutcome.Accepted>(await SendAsync(ClientUnderTest.Project(endpoint) with { Proxy = _proxy.Endpoint }));
        Assert.IsType<SendOutcome.Accepted>(await SendAsync(ClientUnderTest.Project(direct.Endpoint)));

        Assert.Equal("mixpanel.invalid", Assert.Single(_proxy.Arrivals).Headers["Host"]);
        Assert.Single(direct.Arrivals);
    }

    [Fact]
    public async Task ADeletion_TakesTheSameWay()
    {
        _proxy.Answer = context => AnsweringServer.WriteAsync(context, 200, """{"status":"ok","results":{"task_id":"7"}}""");
        var project = ClientUnderTest.Project(new Uri("http://mixpanel.invalid")) with { Proxy = _proxy.Endpoint };

        var asked = await _sut.Deletions.AskAsync(project, "deletion-token", """["u"]""", TestContext.Current.CancellationToken).WaitAsync(ClientUnderTest.Patience);

        Assert.Equal(new DeletionOutcome.Asked("7"), asked);
        Assert.Equal("Bearer deletion-token", Assert.Single(_proxy.Arrivals).Headers["Authorization"]);
    }

    [Fact]
    public async Task AProxyThatAsksForCredentials_GetsThem()
    {
        _proxy.Answer = context =>
        {
            if (context.Request.Headers.ContainsKey("Proxy-Authorization")) return AnsweringServer.WriteAsync(context, 200, AnsweringServer.AllGood);
            context.Response.Headers["Proxy-Authenticate"] = "Basic realm=\"proxy\"";
            return AnsweringServer.WriteAsync(context, 407, "");
        };
        var proxy = new UriBuilder(_proxy.Endpoint) { UserName = "me", Password = "se%20cret" }.Uri;

        Assert.IsType<SendOutcome.Accepted>(await SendAsync(ClientUnderTest.Project(new Uri("http://mixpanel.invalid")) with { Proxy = proxy }));

        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("me:se cret")), _proxy.Arrivals[^1].Headers["Proxy-Authorization"]);
    }

    [Fact]
    public async Task AProxyThatIsAway_IsNoFaultOfTheEvents()
    {
        var away = _proxy.Endpoint;
        await _proxy.DisposeAsync();

        Assert.IsType<SendOutcome.Retry>(await SendAsync(ClientUnderTest.Project(new Uri("http://mixpanel.invalid")) with { Proxy = away }));
    }

    private Task<SendOutcome> SendAsync(MixpanelProject project) =>
        _sut.Client.ImportAsync(project, ClientUnderTest.Events(1), TestContext.Current.CancellationToken).WaitAsync(ClientUnderTest.Patience);
}
