using SpidOrleans.TestKit.Hosting;

namespace SpidOrleans.BrowserTests.Demo;

/// <summary>The real host as somebody starts it who has configured nothing: demo client, built-in preview, SQLite.</summary>
public sealed class HostFixture : IAsyncLifetime
{
    private SiloProcess? _silo;

    public string Address { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        _silo = await SiloProcess.StartAsync(new SiloSettings
        {
            Clients = [],
            Mixpanel = new Uri("http://127.0.0.1:9"),
            Report = output => TestContext.Current.SendDiagnosticMessage(output),
        });
        Address = _silo.Address.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        if (_silo is not null) await _silo.DisposeAsync();
    }
}
