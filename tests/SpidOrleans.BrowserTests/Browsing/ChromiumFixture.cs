using Microsoft.Playwright;

namespace SpidOrleans.BrowserTests.Browsing;

/// <summary>One Chromium for all browser tests; each test opens a context, which is a fresh profile.</summary>
public sealed class ChromiumFixture : IAsyncLifetime
{
    public const string ExecutablePath = "/usr/bin/chromium";

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(ExecutablePath)) return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = ExecutablePath,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
                "--disable-sync", "--no-first-run",
                // Sites need names: cookies of a domain, and pages of one site and of another.
                "--host-resolver-rules=MAP *.test 127.0.0.1",
            ],
            Timeout = 60_000,
        });
    }

    /// <summary>A fresh profile; the test is skipped where there is no Chromium.</summary>
    public async Task<IBrowserContext> OpenProfileAsync(BrowserNewContextOptions? options = null)
    {
        Assert.SkipUnless(_browser is not null, $"Chromium is not installed at {ExecutablePath}");
        var context = await _browser.NewContextAsync(options);
        context.SetDefaultTimeout(20_000);
        return context;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}
