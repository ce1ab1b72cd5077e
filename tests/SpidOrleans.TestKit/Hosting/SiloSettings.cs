namespace SpidOrleans.TestKit.Hosting;

/// <summary>The settings of a host under test: which clients it knows, where Mixpanel is, what else is set.</summary>
public sealed record SiloSettings
{
    public required Uri Mixpanel { get; init; }

    public IReadOnlyList<TestClient> Clients { get; init; } = [TestClient.News];

    /// <summary>More settings, by their configuration keys (<c>Limits:PendingPerLane</c>).</summary>
    public IReadOnlyDictionary<string, string> More { get; init; } = new Dictionary<string, string>();

    /// <summary>More properties of the .NET runtime that the host runs in.</summary>
    public IReadOnlyDictionary<string, string> RuntimeProperties { get; init; } = new Dictionary<string, string>();

    /// <summary>Where Mixpanel is for one project alone, by the project's name.</summary>
    public IReadOnlyDictionary<string, Uri> MixpanelOf { get; init; } = new Dictionary<string, Uri>();

    /// <summary>The folder of another build of the host than this repository's.</summary>
    public string? Build { get; init; }

    /// <summary>Gets the last lines that the host wrote, in the end: for the message of a failing test.</summary>
    public Action<string>? Report { get; init; }

    internal IEnumerable<KeyValuePair<string, string>> Environment(string? build)
    {
        foreach (var client in Clients)
        {
            yield return Set($"Projects:{client.Project}:Token", client.Token);
            yield return Set($"Projects:{client.Project}:Endpoint", MixpanelOf.GetValueOrDefault(client.Project, Mixpanel).ToString());
            yield return Set($"Clients:{client.ClientId}:Name", client.ClientId);
            yield return Set($"Clients:{client.ClientId}:Secret", client.Secret);
            yield return Set($"Clients:{client.ClientId}:Project", client.Project);
        }

        // All of a test's browsers are at one address. The oldest build that is tested does not know the key.
        if (build is null) yield return Set("Limits:BrowserRequestsPerSecond", "unlimited");
        foreach (var (key, value) in More) yield return Set(key, value);
    }

    /// <summary>The environment variable that stands for a configuration key.</summary>
    internal static string Variable(string key) => key.Replace(":", "__", StringComparison.Ordinal);

    private static KeyValuePair<string, string> Set(string key, string value) => new(Variable(key), value);
}
