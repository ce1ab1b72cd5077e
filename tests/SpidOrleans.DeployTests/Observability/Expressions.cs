using System.Text.Json;
using System.Text.RegularExpressions;
using SpidOrleans.DeployTests.Running;

namespace SpidOrleans.DeployTests.Observability;

/// <summary>What the dashboard and the rules ask Prometheus for.</summary>
internal static partial class Expressions
{
    public static readonly string Rules = Repository.Deploy("observability/alerts.yaml");

    public static IReadOnlyList<string> OfTheDashboard()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllBytes(Repository.Deploy("observability/spidorleans.json")));
        return [.. dashboard.RootElement.GetProperty("panels").EnumerateArray().Where(panel => panel.TryGetProperty("targets", out _))
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => target.GetProperty("expr").GetString()!)];
    }

    /// <summary>The expression as Prometheus gets it when Grafana has put its variables in.</summary>
    public static string Filled(string expression) =>
        expression.Replace("$__rate_interval", "1m", StringComparison.Ordinal).Replace("$project", ".*", StringComparison.Ordinal);

    public static IEnumerable<string> Alerts() => Alert().Matches(File.ReadAllText(Rules)).Select(alert => alert.Groups[1].Value);

    /// <summary>Names that look like metrics of ours or of what we stand on; some may be labels.</summary>
    public static IEnumerable<string> NamesIn(string text) => Name().Matches(text).Select(name => name.Value).Distinct();

    [GeneratedRegex(@"^ +- alert: (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Alert();

    [GeneratedRegex(@"\b(spid|http|kestrel|orleans|dotnet|npgsql)_[a-z0-9_]+\b")]
    private static partial Regex Name();
}
