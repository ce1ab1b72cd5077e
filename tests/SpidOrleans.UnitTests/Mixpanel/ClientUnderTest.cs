using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Mixpanel.Delivery;
using SpidOrleans.Mixpanel.Preview;

namespace SpidOrleans.UnitTests.Mixpanel;

/// <summary>The client as the product registers it, on the test's clock.</summary>
public sealed class ClientUnderTest : IDisposable
{
    /// <summary>For waits that end by an event; reached only when the test fails.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ServiceProvider _services;

    public ClientUnderTest(TimeProvider? clock = null, HttpMessageHandler? network = null)
    {
        var services = new ServiceCollection();
        if (clock is not null) services.AddSingleton(clock);
        services.AddMixpanel();
        if (network is not null)
            services.AddHttpClient(MixpanelClient.HttpClientName).ConfigurePrimaryHttpMessageHandler(() => network);
        _services = services.BuildServiceProvider();
    }

    public MixpanelClient Client => _services.GetRequiredService<MixpanelClient>();

    public MixpanelDeletions Deletions => _services.GetRequiredService<MixpanelDeletions>();

    public PreviewProject Preview => _services.GetRequiredService<PreviewProject>();

    public static MixpanelProject Project(Uri endpoint) => new("shop", "the-token") { Endpoint = endpoint };

    public static ReadOnlyMemory<byte>[] Events(int count) =>
        [.. Enumerable.Range(0, count).Select(number => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($$"""{"event":"e{{number}}"}"""))];

    /// <summary>Sends, and gives up after <see cref="Patience"/> even where the test's clock stands still.</summary>
    public async Task<SendOutcome> SendAsync(Uri endpoint, int events = 1, CancellationToken cancellationToken = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        return await Client.ImportAsync(Project(endpoint), Events(events), patience.Token);
    }

    public void Dispose() => _services.Dispose();
}
