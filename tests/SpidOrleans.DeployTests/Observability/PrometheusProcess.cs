using System.Diagnostics;
using System.Text.Json;
using SpidOrleans.DeployTests.Running;
using SpidOrleans.TestKit.Hosting;
using Xunit;

namespace SpidOrleans.DeployTests.Observability;

/// <summary>Debian's Prometheus on <c>observability/prometheus.yml</c>, which finds one silo at another address and asks it every second.</summary>
internal sealed class PrometheusProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _folder;
    private readonly HttpClient _http;

    private PrometheusProcess(Process process, string folder, int port) =>
        (_process, _folder, _http) = (process, folder, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(20) });

    public static async Task<PrometheusProcess> StartAsync(Uri silo, string password)
    {
        var folder = Directory.CreateTempSubdirectory("spidorleans-prometheus-").FullName;
        var port = Loopback.FreePort();
        await File.WriteAllTextAsync(Path.Combine(folder, "password"), password);
        File.Copy(Expressions.Rules, Path.Combine(folder, "alerts.yaml"));
        var settings = (await File.ReadAllTextAsync(Repository.Deploy("observability/prometheus.yml")))
            .Replace("scrape_interval: 15s", "scrape_interval: 1s\n  evaluation_interval: 1s", StringComparison.Ordinal)
            .Replace("scrape_timeout: 5s", "scrape_timeout: 1s", StringComparison.Ordinal)
            .Replace("/run/secrets/console_password", Path.Combine(folder, "password"), StringComparison.Ordinal)
            .Replace("[silo-1:8080, silo-2:8080, silo-3:8080]", $"[\"{silo.Authority}\"]", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(folder, "prometheus.yml"), settings);
        (await Command.RunAsync(Command.Find("promtool")!, "check", "config", Path.Combine(folder, "prometheus.yml"))).Succeed();

        var process = Process.Start(new ProcessStartInfo(Command.Find("prometheus")!,
            [$"--config.file={folder}/prometheus.yml", $"--storage.tsdb.path={folder}/data", $"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]))!;
        return new PrometheusProcess(process, folder, port);
    }

    /// <summary>Asks until the answer is so, and gives it.</summary>
    public async Task<JsonElement> UntilAsync(string path, Func<JsonElement, bool> isSo)
    {
        using var limit = new CancellationTokenSource(Patience);
        var last = "no answer";
        while (!limit.IsCancellationRequested)
        {
            Assert.False(_process.HasExited, "Prometheus has ended.");
            try
            {
                using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative), limit.Token);
                last = await answer.Content.ReadAsStringAsync(limit.Token);
                if (answer.IsSuccessStatusCode && JsonElement.Parse(last).GetProperty("data") is var data && isSo(data)) return data;
            }
            catch (Exception exception) when (exception is HttpRequestException or JsonException)
            {
                // It starts.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        throw new TimeoutException($"{path} never answered so; last: {last}");
    }

    public async Task<int> CountAsync(string expression)
    {
        using var answer = await _http.GetAsync(new Uri("/api/v1/query?query=" + Uri.EscapeDataString(expression), UriKind.Relative));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{expression}: {text}");
        return JsonElement.Parse(text).GetProperty("data").GetProperty("result").GetArrayLength();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
