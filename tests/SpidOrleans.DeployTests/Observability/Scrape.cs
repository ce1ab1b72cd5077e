using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;

namespace SpidOrleans.DeployTests.Observability;

/// <summary>What <c>/metrics</c> said at one moment.</summary>
internal sealed partial class Scrape
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<(string Name, string Labels, double Value)> _samples;

    private Scrape(string text)
    {
        Text = text;
        _samples = [.. Sample().Matches(text).Select(sample => (
            sample.Groups[1].Value, sample.Groups[2].Value, double.Parse(sample.Groups[3].Value, CultureInfo.InvariantCulture)))];
    }

    public string Text { get; }

    public static async Task<Scrape> OfAsync(Uri host, string? password = null)
    {
        using var http = new HttpClient { BaseAddress = host, Timeout = TimeSpan.FromSeconds(20) };
        if (password is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("test:" + password)));
        return new Scrape(await http.GetStringAsync(new Uri("/metrics", UriKind.Relative)));
    }

    /// <summary>Asks until it says so.</summary>
    /// <exception cref="TimeoutException">It never did.</exception>
    public static async Task<Scrape> UntilAsync(Uri host, Func<Scrape, bool> isSo, string? password = null)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            var scrape = await OfAsync(host, password);
            if (isSo(scrape)) return scrape;
            if (limit.IsCancellationRequested) throw new TimeoutException("It never said so:\n" + string.Join('\n', scrape.Text.Split('\n').Where(line => line.StartsWith("spid_", StringComparison.Ordinal))));
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }
    }

    /// <summary>The value of the only series of this name with these labels, or null.</summary>
    public double? Of(string name, string labels = "") => _samples.SingleOrDefault(sample => sample.Name == name && sample.Labels == labels) is { Name: not null } found ? found.Value : null;

    public double OfProject(string name, string project = "news") => Of(name, $"project=\"{project}\"") ?? double.NaN;

    public bool Names(string name) => _samples.Any(sample => sample.Name == name) || _samples.Any(sample => LabelNames().Matches(sample.Labels).Any(label => label.Groups[1].Value == name));

    [GeneratedRegex(@"^([a-z_0-9]+)(?:\{([^}\n]*(?:\}[^}\n]*)*?)\})? ([-+0-9.eEInfNa]+)(?: \d+)?$", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex(@"([a-z_0-9]+)=""")]
    private static partial Regex LabelNames();
}
